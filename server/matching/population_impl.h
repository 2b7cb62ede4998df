#ifndef PASSERELLE_SERVER_MATCHING_POPULATION_IMPL_H_
#define PASSERELLE_SERVER_MATCHING_POPULATION_IMPL_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/matching/normaliser.h"
#include "server/matching/population.h"
#include "server/matching/record.h"
#include "server/matching/token_table.h"
#include "server/matching/value_table.h"

namespace passerelle::matching {

// Most words kept of a place, an address, an occupation.
inline constexpr size_t kMaxFieldWords = 8;

// Without initialisers: views are made for every comparison.
struct NameWord {
  const TokenEntry* token;
  WordRole role;
};

struct RelativeWord {
  const TokenEntry* token;
  uint8_t relative;  // which relative it belongs to
  Relation relation;
};

// A list with room for a fixed number of values.
template <typename T, size_t N>
struct Few {
  std::array<T, N> values;
  size_t size = 0;

  void push_back(const T& value) {
    if (size < N) values[size++] = value;
  }
  const T& operator[](size_t i) const { return values[i]; }
  T* begin() { return values.data(); }
  T* end() { return values.data() + size; }
  const T* begin() const { return values.data(); }
  const T* end() const { return values.data() + size; }
  bool empty() const { return size == 0; }
};

// Words of a place, an address, an occupation.
using FieldWords = Few<const TokenEntry*, kMaxFieldWords>;

// One record ready to compare. Pointers are into a population, or into the
// words of a request.
struct RecordView {
  Few<NameWord, kMaxNameTokens> names;
  Few<RelativeWord, 2 * kMaxListedValues> relatives;
  FieldWords place;
  FieldWords address;
  FieldWords occupation;
  Few<const ValueEntry*, kMaxListedValues> phones;
  Few<const ValueEntry*, kMaxListedValues> identifiers;
  const ValueEntry* postcode = nullptr;
  Sex sex = Sex::kUnknown;
  bool has_birth = false;
  bool documented = false;
  int32_t birth_first = 0;  // days since 1970-01-01
  int32_t birth_last = 0;
  // Hash of `Record::known_distinct`; 0 without.
  uint64_t known_distinct = 0;
};

// The words of a record that is not in the population.
struct Request {
  std::deque<TokenEntry> words;
  std::deque<ValueEntry> values;
  RecordView view;
};

class Population::Impl {
 public:
  Impl();

  absl::StatusOr<Row> Add(const Record& record);
  // Copies the rows of another population behind these. Ids may repeat then;
  // only for linking.
  void Append(const Impl& other);
  // The row no longer counts; its id is free again.
  void Remove(Row row);
  std::optional<Row> Find(absl::string_view id) const;

  size_t size() const { return rows_.size(); }
  // Rows not removed.
  size_t live() const { return live_; }
  bool removed(Row row) const { return rows_[row].removed; }
  absl::string_view id(Row row) const;
  // Hash of the id: orders rows whatever the order of input.
  uint64_t id_hash(Row row) const { return HashText(id(row)); }
  // The upper half of it, kept at hand.
  uint32_t order(Row row) const { return order_[row]; }
  RecordView View(Row row) const;

  // Ask for what View(row) will read: first the row, then what it points to.
  void PrefetchRow(Row row) const { __builtin_prefetch(&rows_[row]); }
  void PrefetchValues(Row row) const {
    __builtin_prefetch(pool_.data() + rows_[row].pool);
  }

  // Words new to the population get shares worked out alone.
  void MakeRequest(const Record& record, Request* request) const;

  // Brings all shares up to date where records came or went since. Needed
  // before comparing. Threads may call it at the same time.
  void EnsureShares(int threads);
  void ComputeShares(int threads);
  // Shares of the words of one row alone, after adding it to a big population.
  void ComputeShares(Row row);

  // Shares of the population.
  double DayShare(int32_t day) const;
  // Of births within the interval.
  double BirthShare(int32_t first, int32_t last) const;
  double ValueShare(const ValueEntry& value, size_t distinct) const;
  double PhoneShare(const ValueEntry& v) const {
    return ValueShare(v, phones_.size());
  }
  double IdentifierShare(const ValueEntry& v) const {
    return ValueShare(v, identifiers_.size());
  }
  double PostcodeShare(const ValueEntry& v) const {
    return ValueShare(v, postcodes_.size());
  }

  const TokenSimilarity& similarity() const { return *similarity_; }
  const NameNormaliser& normaliser() const { return *normaliser_; }

 private:
  struct RowData {
    uint64_t id_begin = 0;
    uint64_t pool = 0;
    uint64_t known_distinct = 0;
    uint16_t id_size = 0;
    uint8_t names = 0;
    uint8_t relatives = 0;
    uint8_t place = 0;
    uint8_t address = 0;
    uint8_t occupation = 0;
    uint8_t phones = 0;
    uint8_t identifiers = 0;
    Sex sex = Sex::kUnknown;
    bool has_birth = false;
    bool documented = false;
    bool removed = false;
    bool has_postcode = false;
    int32_t birth_first = 0;
    int32_t birth_last = 0;
  };
  // What of a record is kept, before it is interned.
  struct Parsed {
    std::vector<std::pair<Token, WordRole>> names;
    std::vector<std::tuple<Token, uint8_t, Relation>> relatives;
    std::vector<Token> place;
    std::vector<Token> address;
    std::vector<Token> occupation;
    std::vector<std::string> phones;
    std::vector<std::string> identifiers;
    std::string postcode;
  };

  const std::vector<Token>& NameTokens(const std::string& name);
  Parsed Parse(const Record& record,
               const std::function<std::vector<Token>(const std::string&)>&
                   name_tokens) const;
  std::vector<Token> FieldTokens(absl::string_view text) const;
  // Adds `sign` to the counts of everything the row has.
  void CountRow(const RowData& row, int sign);
  RecordView ViewOf(const RowData& row) const;

  std::shared_ptr<const NameNormaliser> normaliser_;
  std::shared_ptr<const TokenSimilarity> similarity_;
  std::vector<RowData> rows_;
  std::vector<uint32_t> order_;  // by row
  std::vector<uint32_t> pool_;
  std::string id_text_;
  std::unordered_multimap<uint64_t, Row> by_id_;  // by hash of the id
  TokenTable names_;
  TokenTable places_;
  TokenTable addresses_;
  TokenTable occupations_;
  ValueTable phones_;
  ValueTable identifiers_;
  ValueTable postcodes_;
  std::unordered_map<int32_t, uint32_t> days_;  // exact births
  std::unordered_map<int32_t, double> years_;   // births by year, shared out
  double births_ = 0;
  size_t live_ = 0;
  bool shares_stale_ = true;
  std::mutex shares_mutex_;
  // Tokens of names seen lately: names repeat.
  std::unordered_map<std::string, std::vector<Token>> name_cache_;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_POPULATION_IMPL_H_
