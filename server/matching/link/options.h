#ifndef PASSERELLE_SERVER_MATCHING_LINK_OPTIONS_H_
#define PASSERELLE_SERVER_MATCHING_LINK_OPTIONS_H_

#include <string>
#include <vector>

#include "server/matching/link/encoding/key.h"
#include "server/matching/link/remarks.h"

namespace passerelle::link {

// What was written on the command line. Empty: not given.

// Of every command that reads people.
struct InputOptions {
  std::string map;
  Strictness strictness = Strictness::kRemark;
};

struct PairsOptions {
  InputOptions input;
  std::string a;
  std::string b;  // empty: duplicates within `a`
  std::string model;
  std::string pairs;
  std::string clusters;  // within `a` only
  std::string review;
  std::string report;
  std::string truth;                 // for the report
  std::vector<std::string> explain;  // two ids
  int threads = 1;
};

struct SearchCommandOptions {
  InputOptions input;
  std::string registry;
  std::string requests;
  std::string model;
  std::string out;
  int top = 20;
  int threads = 1;
};

struct NamesOptions {
  std::string a;
  std::string b;
};

struct EvaluateOptions {
  std::string pairs;
  std::string truth;
  std::string report;
  bool two_tables = false;
};

struct TrainOptions {
  InputOptions input;
  std::string a;
  std::string b;
  std::string model;
  int threads = 1;
};

struct CalibrateOptions {
  std::string from;
  std::string review;
  std::string model;
};

struct KeyOptions {
  std::string out;
  std::string purpose;
  Hardening hardening;
};

struct EncodeOptions {
  InputOptions input;
  std::string table;
  std::string key;
  std::string out;
  std::string handles;
};

struct CompareOptions {
  std::string a;
  std::string b;
  std::string pairs;
  double min_likeness = 0;
  bool bands_only = false;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_OPTIONS_H_
