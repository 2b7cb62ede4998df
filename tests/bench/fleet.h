#ifndef PASSERELLE_TESTS_BENCH_FLEET_H_
#define PASSERELLE_TESTS_BENCH_FLEET_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/bench/load.h"

namespace passerelle::bench {

inline constexpr int kMissions = 8;
inline constexpr int kLines = 16;           // connections to one server
inline constexpr int kCases = 200;          // over all missions
inline constexpr int kPayloadBytes = 1024;  // about; of a study
inline constexpr int kFetchedEntries = 10;

// What our server is asked to do.
enum class Work { kWrite, kRead, kMailboxFetch };

// The missions that call, each with its connections and its prepared files.
class Fleet {
 public:
  // Registers missions and officers, and has every mission open its files with
  // a requested study each. Errors are those of the calls.
  static absl::StatusOr<std::unique_ptr<Fleet>> Prepare(int port);

  // The first `lines` connections with their calls.
  Target Calls(Work work, int lines) const;

 private:
  struct Member;
  explicit Fleet(int port);
  absl::Status Register();
  absl::Status OpenFiles(Member* member);

  const int port_;
  std::vector<std::shared_ptr<Member>> members_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
};

// Connections to the echo server, made as the fleet's.
class EchoFleet {
 public:
  explicit EchoFleet(int port);

  // Calls whose requests and answers are as large as those of `calls`.
  Target CallsLike(const Target& calls, int answer_bytes) const;

 private:
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
};

// Size of the first line's answer to its first call.
absl::StatusOr<int> AnswerBytes(const Target& target);

}  // namespace passerelle::bench

#endif  // PASSERELLE_TESTS_BENCH_FLEET_H_
