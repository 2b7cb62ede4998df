// How common things are in a population.
#include <algorithm>

#include "server/matching/population_impl.h"

namespace passerelle::matching {
namespace {

// Words of more records keep their shares until all are worked out again.
constexpr uint32_t kFewRecords = 3;
// Records with the same day of birth that one person may have given.
constexpr double kOwnRecords = 10;

int32_t YearOf(int32_t day) {
  return static_cast<int32_t>((absl::CivilDay(1970, 1, 1) + day).year());
}

}  // namespace

void Population::Impl::CountRow(const RowData& row, int sign) {
  const auto add = [sign](uint32_t* count) {
    *count = static_cast<uint32_t>(static_cast<int64_t>(*count) + sign);
  };
  const uint32_t* pool = pool_.data() + row.pool;
  // A word that a record has twice counts once.
  const auto is_first = [&](int i, uint32_t shift, uint32_t value) {
    return std::none_of(pool, pool + i, [&](uint32_t other) {
      return other >> shift == value >> shift;
    });
  };
  for (int i = 0; i < row.names; ++i) {
    TokenEntry& entry = names_.at(pool[i] >> 2);
    const size_t role = pool[i] & 3;
    if (is_first(i, 2, pool[i])) add(&entry.records[0]);
    if (role != 0 && is_first(i, 0, pool[i])) add(&entry.records[role]);
  }
  pool += row.names;
  for (int i = 0; i < row.relatives; ++i) {
    if (is_first(i, 6, pool[i])) add(&names_.at(pool[i] >> 6).records[3]);
  }
  pool += row.relatives;
  for (int i = 0; i < row.place; ++i) add(&places_.at(*pool++).records[0]);
  for (int i = 0; i < row.address; ++i) add(&addresses_.at(*pool++).records[0]);
  for (int i = 0; i < row.occupation; ++i)
    add(&occupations_.at(*pool++).records[0]);
  for (int i = 0; i < row.phones; ++i) add(&phones_.at(*pool++).records);
  for (int i = 0; i < row.identifiers; ++i)
    add(&identifiers_.at(*pool++).records);
  if (row.has_postcode) add(&postcodes_.at(*pool++).records);
  if (row.has_birth) {
    if (row.birth_first == row.birth_last) {
      uint32_t& count = days_[row.birth_first];
      add(&count);
    }
    const int32_t first = YearOf(row.birth_first);
    const int32_t last = YearOf(row.birth_last);
    for (int32_t year = first; year <= last; ++year)
      years_[year] += sign / static_cast<double>(last - first + 1);
    births_ += sign;
  }
  live_ = static_cast<size_t>(static_cast<int64_t>(live_) + sign);
  shares_stale_ = true;
}

void Population::Impl::EnsureShares(int threads) {
  const std::lock_guard<std::mutex> lock(shares_mutex_);
  if (!shares_stale_) return;
  ComputeShares(threads);
  shares_stale_ = false;
}

void Population::Impl::ComputeShares(int threads) {
  for (TokenTable* table : {&names_, &places_, &addresses_, &occupations_})
    table->ComputeShares(*similarity_, live_, threads);
}

void Population::Impl::ComputeShares(Row row) {
  const RecordView view = ViewOf(rows_[row]);
  // One record more changes next to nothing for a word that others have.
  const auto compute = [this](TokenTable* table, const TokenEntry* word) {
    TokenEntry& entry = table->at(word->id);
    if (entry.records[0] + entry.records[3] <= kFewRecords)
      table->ComputeShares(*similarity_, live_, &entry);
  };
  for (const NameWord& word : view.names) compute(&names_, word.token);
  for (const RelativeWord& word : view.relatives) compute(&names_, word.token);
  for (const TokenEntry* word : view.place) compute(&places_, word);
  for (const TokenEntry* word : view.address) compute(&addresses_, word);
  for (const TokenEntry* word : view.occupation) compute(&occupations_, word);
}

double Population::Impl::DayShare(int32_t day) const {
  const auto it = days_.find(day);
  // The two records that are compared do not make their own day commoner.
  const double others =
      it == days_.end() || it->second < 2 ? 0 : it->second - 2;
  // A day of the year by chance, and what the register really has: 1 January
  // stands for "some time that year".
  const double chance = BirthShare(day, day) / 365.25;
  const double by_chance = (others + 0.5) / (births_ + 0.5 / chance);
  // A few records may be one person's own.
  const double heaped = std::max(0.0, others - kOwnRecords) / (births_ + 1);
  return std::clamp(std::max(by_chance, heaped), 1e-12, 1.0);
}

double Population::Impl::BirthShare(int32_t first, int32_t last) const {
  double sum = 0;
  const int32_t first_year = YearOf(first);
  const int32_t last_year = YearOf(last);
  for (int32_t year = first_year; year <= last_year; ++year) {
    const auto it = years_.find(year);
    if (it != years_.end()) sum += it->second;
  }
  // One of them is the record that is compared.
  return std::min(1.0, (std::max(0.0, sum - 1) + 0.5) / (births_ + 1));
}

double Population::Impl::ValueShare(const ValueEntry& value,
                                    size_t distinct) const {
  const double others = value.records > 1 ? value.records - 2 : 0;
  return std::min(1.0,
                  (others + 0.5) / (static_cast<double>(live_) +
                                    0.5 * static_cast<double>(distinct) + 1));
}

}  // namespace passerelle::matching
