#include "server/matching/population.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "server/matching/population_impl.h"

namespace passerelle::matching {
namespace {

constexpr size_t kMaxIdBytes = 512;
constexpr size_t kNameCacheSize = 100'000;
constexpr int kEpochYear = 1970;

// A pool value holds an entry's id and what it is to the record.
uint32_t PackName(uint32_t id, WordRole role) {
  return id << 2 | static_cast<uint32_t>(role);
}
uint32_t PackRelative(uint32_t id, uint8_t relative, Relation relation) {
  return id << 6 | static_cast<uint32_t>(relation) << 3 | relative;
}

int32_t DayNumber(absl::CivilDay day) {
  return static_cast<int32_t>(day - absl::CivilDay(kEpochYear, 1, 1));
}

// A word list as a set: a word counts once.
template <typename T>
bool AddOnce(std::vector<T>* list, T value, size_t most) {
  if (list->size() >= most ||
      std::find(list->begin(), list->end(), value) != list->end())
    return false;
  list->push_back(std::move(value));
  return true;
}

bool SameWord(const Token& a, const Token& b) { return a.text == b.text; }

}  // namespace

Population::Impl::Impl()
    : normaliser_(std::make_shared<NameNormaliser>()),
      similarity_(std::make_shared<TokenSimilarity>()) {}

const std::vector<Token>& Population::Impl::NameTokens(
    const std::string& name) {
  const auto it = name_cache_.find(name);
  if (it != name_cache_.end()) return it->second;
  if (name_cache_.size() >= kNameCacheSize) name_cache_.clear();
  return name_cache_.emplace(name, normaliser_->Tokens(name)).first->second;
}

std::vector<Token> Population::Impl::FieldTokens(absl::string_view text) const {
  return normaliser_->FieldTokens(text, static_cast<int>(kMaxFieldWords));
}

Population::Impl::Parsed Population::Impl::Parse(
    const Record& record,
    const std::function<std::vector<Token>(const std::string&)>& name_tokens)
    const {
  Parsed out;
  const auto add_names = [&](const std::string& name, WordRole role) {
    if (name.empty()) return;
    const std::vector<Token> tokens = name_tokens(name);
    const bool has_names =
        std::any_of(tokens.begin(), tokens.end(), [](const Token& t) {
          return t.kind == TokenKind::kName || t.kind == TokenKind::kInitial;
        });
    for (const Token& token : tokens) {
      if (has_names && (token.kind == TokenKind::kParticle ||
                        token.kind == TokenKind::kHonorific))
        continue;
      // The full name repeats the others.
      if (role == WordRole::kUnknown &&
          std::any_of(out.names.begin(), out.names.end(),
                      [&](const auto& n) { return SameWord(n.first, token); }))
        continue;
      if (out.names.size() < kMaxNameTokens)
        out.names.emplace_back(token, role);
    }
  };
  add_names(record.given, WordRole::kGiven);
  add_names(record.family, WordRole::kFamily);
  const bool has_roles = !record.given.empty() && !record.family.empty();
  if (!has_roles || out.names.size() < kMaxNameTokens)
    add_names(record.full_name, WordRole::kUnknown);
  for (size_t i = 0;
       i < std::min<size_t>(record.relatives.size(), kMaxListedValues); ++i) {
    for (const Token& token : name_tokens(record.relatives[i].name)) {
      if (token.kind == TokenKind::kParticle ||
          token.kind == TokenKind::kHonorific)
        continue;
      if (out.relatives.size() == 2 * kMaxListedValues) break;
      out.relatives.emplace_back(token, static_cast<uint8_t>(i),
                                 record.relatives[i].relation);
    }
  }
  out.place = FieldTokens(record.place);
  out.address = FieldTokens(record.address);
  out.occupation = FieldTokens(record.occupation);
  for (const std::string& phone : record.phones) {
    if (std::string clean = CleanPhone(phone); !clean.empty())
      AddOnce(&out.phones, std::move(clean), kMaxListedValues);
  }
  for (const std::string& identifier : record.identifiers) {
    if (std::string clean = CleanIdentifier(identifier); !clean.empty())
      AddOnce(&out.identifiers, std::move(clean), kMaxListedValues);
  }
  out.postcode = CleanPostcode(record.postcode);
  return out;
}

absl::StatusOr<Row> Population::Impl::Add(const Record& record) {
  if (record.id.empty() || record.id.size() > kMaxIdBytes)
    return absl::InvalidArgumentError("record id must have 1 to 512 bytes");
  if (rows_.size() >= kMaxRows)
    return absl::ResourceExhaustedError("too many records");
  if (Find(record.id).has_value())
    return absl::AlreadyExistsError("record id was added before");

  const Parsed parsed = Parse(
      record, [this](const std::string& name) { return NameTokens(name); });
  const Row row = static_cast<Row>(rows_.size());
  RowData data;
  data.id_begin = id_text_.size();
  data.id_size = static_cast<uint16_t>(record.id.size());
  id_text_ += record.id;
  const uint64_t id_hash = HashText(record.id);
  by_id_.emplace(id_hash, row);
  data.pool = pool_.size();
  for (const auto& [token, role] : parsed.names) {
    pool_.push_back(PackName(names_.Intern(*similarity_, token).id, role));
    ++data.names;
  }
  for (const auto& [token, relative, relation] : parsed.relatives) {
    pool_.push_back(PackRelative(names_.Intern(*similarity_, token).id,
                                 relative, relation));
    ++data.relatives;
  }
  const auto add_words = [&](TokenTable* table, const std::vector<Token>& words,
                             uint8_t* count) {
    for (const Token& token : words) {
      pool_.push_back(table->Intern(*similarity_, token).id);
      ++*count;
    }
  };
  add_words(&places_, parsed.place, &data.place);
  add_words(&addresses_, parsed.address, &data.address);
  add_words(&occupations_, parsed.occupation, &data.occupation);
  for (const std::string& phone : parsed.phones) {
    pool_.push_back(phones_.IdOf(phone));
    ++data.phones;
  }
  for (const std::string& identifier : parsed.identifiers) {
    pool_.push_back(identifiers_.IdOf(identifier));
    ++data.identifiers;
  }
  if (!parsed.postcode.empty()) {
    pool_.push_back(postcodes_.IdOf(parsed.postcode));
    data.has_postcode = true;
  }
  data.sex = record.sex;
  if (record.birth.has_value()) {
    data.has_birth = true;
    data.documented = record.birth->documented;
    data.birth_first = DayNumber(record.birth->first);
    data.birth_last = DayNumber(record.birth->last);
  }
  if (!record.known_distinct.empty())
    data.known_distinct = HashText(record.known_distinct) | 1;
  rows_.push_back(data);
  order_.push_back(static_cast<uint32_t>(id_hash >> 32));
  CountRow(data, 1);
  return row;
}

void Population::Impl::Append(const Impl& other) {
  const size_t rows_before = rows_.size();
  const uint64_t id_before = id_text_.size();
  id_text_ += other.id_text_;
  rows_.reserve(rows_before + other.rows_.size());
  size_t source = 0;
  for (RowData row : other.rows_) {
    const uint32_t* pool = other.pool_.data() + row.pool;
    row.id_begin += id_before;
    row.pool = pool_.size();
    const auto name_id = [&](uint32_t id) {
      return names_.Adopt(other.names_.at(id)).id;
    };
    for (int i = 0; i < row.names; ++i, ++pool)
      pool_.push_back(name_id(*pool >> 2) << 2 | (*pool & 3));
    for (int i = 0; i < row.relatives; ++i, ++pool)
      pool_.push_back(name_id(*pool >> 6) << 6 | (*pool & 63));
    const auto words = [&](TokenTable* table, const TokenTable& from, int n) {
      for (int i = 0; i < n; ++i)
        pool_.push_back(table->Adopt(from.at(*pool++)).id);
    };
    words(&places_, other.places_, row.place);
    words(&addresses_, other.addresses_, row.address);
    words(&occupations_, other.occupations_, row.occupation);
    for (int i = 0; i < row.phones; ++i)
      pool_.push_back(phones_.IdOf(other.phones_.at(*pool++).text));
    for (int i = 0; i < row.identifiers; ++i)
      pool_.push_back(identifiers_.IdOf(other.identifiers_.at(*pool++).text));
    if (row.has_postcode)
      pool_.push_back(postcodes_.IdOf(other.postcodes_.at(*pool++).text));
    rows_.push_back(row);
    order_.push_back(other.order_[source++]);
    if (!row.removed) CountRow(row, 1);
  }
}

void Population::Impl::Remove(Row row) {
  RowData& data = rows_[row];
  if (data.removed) return;
  data.removed = true;
  CountRow(data, -1);
  const auto [begin, end] = by_id_.equal_range(HashText(id(row)));
  for (auto it = begin; it != end; ++it) {
    if (it->second != row) continue;
    by_id_.erase(it);
    break;
  }
}

std::optional<Row> Population::Impl::Find(absl::string_view wanted) const {
  const auto [begin, end] = by_id_.equal_range(HashText(wanted));
  for (auto it = begin; it != end; ++it) {
    if (id(it->second) == wanted) return it->second;
  }
  return std::nullopt;
}

absl::string_view Population::Impl::id(Row row) const {
  return absl::string_view(id_text_).substr(rows_[row].id_begin,
                                            rows_[row].id_size);
}

RecordView Population::Impl::View(Row row) const { return ViewOf(rows_[row]); }

RecordView Population::Impl::ViewOf(const RowData& row) const {
  RecordView view;
  const uint32_t* pool = pool_.data() + row.pool;
  for (int i = 0; i < row.names; ++i, ++pool)
    view.names.push_back(
        {&names_.at(*pool >> 2), static_cast<WordRole>(*pool & 3)});
  for (int i = 0; i < row.relatives; ++i, ++pool)
    view.relatives.push_back({&names_.at(*pool >> 6),
                              static_cast<uint8_t>(*pool & 7),
                              static_cast<Relation>(*pool >> 3 & 7)});
  for (int i = 0; i < row.place; ++i)
    view.place.push_back(&places_.at(*pool++));
  for (int i = 0; i < row.address; ++i)
    view.address.push_back(&addresses_.at(*pool++));
  for (int i = 0; i < row.occupation; ++i)
    view.occupation.push_back(&occupations_.at(*pool++));
  for (int i = 0; i < row.phones; ++i)
    view.phones.push_back(&phones_.at(*pool++));
  for (int i = 0; i < row.identifiers; ++i)
    view.identifiers.push_back(&identifiers_.at(*pool++));
  if (row.has_postcode) view.postcode = &postcodes_.at(*pool++);
  view.sex = row.sex;
  view.has_birth = row.has_birth;
  view.documented = row.documented;
  view.birth_first = row.birth_first;
  view.birth_last = row.birth_last;
  view.known_distinct = row.known_distinct;
  return view;
}

void Population::Impl::MakeRequest(const Record& record,
                                   Request* request) const {
  const Parsed parsed = Parse(record, [this](const std::string& name) {
    return normaliser_->Tokens(name);
  });
  const auto entry = [&](const TokenTable& table, const Token& token) {
    if (const TokenEntry* known = table.Find(token)) return known;
    TokenEntry& own =
        request->words.emplace_back(MakeEntry(*similarity_, token));
    table.ComputeShares(*similarity_, live_, &own);
    return static_cast<const TokenEntry*>(&own);
  };
  const auto value = [&](const ValueTable& table, const std::string& text) {
    if (const ValueEntry* known = table.Find(text)) return known;
    request->values.push_back({text, 0});
    return static_cast<const ValueEntry*>(&request->values.back());
  };
  RecordView& view = request->view;
  for (const auto& [token, role] : parsed.names)
    view.names.push_back({entry(names_, token), role});
  for (const auto& [token, relative, relation] : parsed.relatives)
    view.relatives.push_back({entry(names_, token), relative, relation});
  for (const Token& token : parsed.place)
    view.place.push_back(entry(places_, token));
  for (const Token& token : parsed.address)
    view.address.push_back(entry(addresses_, token));
  for (const Token& token : parsed.occupation)
    view.occupation.push_back(entry(occupations_, token));
  for (const std::string& phone : parsed.phones)
    view.phones.push_back(value(phones_, phone));
  for (const std::string& identifier : parsed.identifiers)
    view.identifiers.push_back(value(identifiers_, identifier));
  if (!parsed.postcode.empty())
    view.postcode = value(postcodes_, parsed.postcode);
  view.sex = record.sex;
  if (record.birth.has_value()) {
    view.has_birth = true;
    view.documented = record.birth->documented;
    view.birth_first = DayNumber(record.birth->first);
    view.birth_last = DayNumber(record.birth->last);
  }
  if (!record.known_distinct.empty())
    view.known_distinct = HashText(record.known_distinct) | 1;
}

Population::Population() : impl_(std::make_unique<Impl>()) {}
Population::~Population() = default;
Population::Population(Population&&) noexcept = default;
Population& Population::operator=(Population&&) noexcept = default;

absl::StatusOr<Row> Population::Add(const Record& record) {
  return impl_->Add(record);
}
size_t Population::size() const { return impl_->size(); }
absl::string_view Population::id(Row row) const { return impl_->id(row); }

}  // namespace passerelle::matching
