#include "common/validate.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/type/date.pb.h"
#include "passerelle/options/v1/options.pb.h"
#include "re2/re2.h"

namespace passerelle {
namespace {

namespace rule = ::passerelle::options::v1;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr uint32_t kDefaultMaxLength = 256;
constexpr uint32_t kDefaultMaxItems = 100;
constexpr uint32_t kDefaultMaxBytes = 256;
constexpr size_t kMaxViolations = 100;
constexpr char kUuid[] =
    "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-"
    "[0-9a-fA-F]{12}";
constexpr char kLanguage[] = "[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}";

// ISO 3166-1 alpha-2 as of 2024, and XK.
constexpr char kCountries[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI "
    "BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN "
    "CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM "
    "HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN "
    "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP "
    "NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW "
    "SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI "
    "VN VU WF WS XK YE YT ZA ZM ZW ";

bool IsCountry(const std::string& value) {
  return value.size() == 2 && absl::StrContains(kCountries, value + " ") &&
         absl::ascii_isupper(static_cast<unsigned char>(value[0])) &&
         absl::ascii_isupper(static_cast<unsigned char>(value[1]));
}

bool IsCurrency(const std::string& value) {
  return value.size() == 3 &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return absl::ascii_isupper(static_cast<unsigned char>(c));
         });
}

bool Has(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0
                              : reflection->HasField(message, field);
}

size_t CodePoints(const std::string& text) {
  size_t count = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++count;
  }
  return count;
}

// Control characters, of C0 and C1, have no place in what people read; line
// breaks and tabs do in longer texts.
bool HasControlCharacters(const std::string& text) {
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\n' && c != '\t' && c != '\r') return true;
    if (byte == 0x7f || (before == 0xC2 && byte < 0xA0)) return true;
    before = byte;
  }
  return false;
}

}  // namespace

struct Validator::Field {
  const FieldDescriptor* field = nullptr;
  bool required = false;
  rule::Rules rules;
  std::unique_ptr<RE2> pattern;
  std::string reference;  // resource type, empty for none
  const FieldDescriptor* not_before = nullptr;
  std::shared_ptr<const Plan> nested;
};

struct Validator::Plan {
  std::vector<Field> fields;
};

struct Validator::Run {
  const NameCheck& name_check;
  absl::CivilDay today;
  std::vector<FieldViolation> violations;

  void Add(const std::string& path, absl::string_view description) {
    if (violations.size() < kMaxViolations) {
      violations.push_back({path, std::string(description)});
    }
  }
};

namespace {

// A Date or a Timestamp, for comparison with a sibling of the same type.
absl::Time SiblingTime(const Message& message, const FieldDescriptor* field) {
  const Message& value = message.GetReflection()->GetMessage(message, field);
  if (value.GetDescriptor() == google::type::Date::descriptor()) {
    const auto& date = static_cast<const google::type::Date&>(value);
    return absl::FromCivil(
        absl::CivilDay(date.year(), date.month(), date.day()),
        absl::UTCTimeZone());
  }
  const auto& timestamp =
      static_cast<const google::protobuf::Timestamp&>(value);
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

// A whole number of any width; those past int64 stand for its largest.
int64_t NumberAt(const Message& message, const FieldDescriptor* field, int i) {
  const Reflection* reflection = message.GetReflection();
  const auto clamp = [](uint64_t value) {
    return static_cast<int64_t>(std::min(
        value, static_cast<uint64_t>(std::numeric_limits<int64_t>::max())));
  };
  const bool list = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return list ? reflection->GetRepeatedInt32(message, field, i)
                  : reflection->GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return list ? reflection->GetRepeatedUInt32(message, field, i)
                  : reflection->GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return clamp(list ? reflection->GetRepeatedUInt64(message, field, i)
                        : reflection->GetUInt64(message, field));
    default:
      return list ? reflection->GetRepeatedInt64(message, field, i)
                  : reflection->GetInt64(message, field);
  }
}

std::string Range(const rule::Rules& rules) {
  if (!rules.has_max()) return absl::StrCat("must be at least ", rules.min());
  if (!rules.has_min()) return absl::StrCat("must be at most ", rules.max());
  return absl::StrCat("must be between ", rules.min(), " and ", rules.max());
}

// The years 1 to 9999, as google.protobuf.Timestamp defines them.
template <typename Run>
void CheckTimestamp(const Message& value, const std::string& path, Run* run) {
  const Reflection* reflection = value.GetReflection();
  const Descriptor* type = value.GetDescriptor();
  const int64_t seconds =
      reflection->GetInt64(value, type->FindFieldByName("seconds"));
  const int32_t nanos =
      reflection->GetInt32(value, type->FindFieldByName("nanos"));
  if (seconds < -62135596800 || seconds > 253402300799 || nanos < 0 ||
      nanos > 999999999) {
    run->Add(path, "must be a time between the years 1 and 9999");
  }
}

template <typename Run>
void CheckDate(const Message& value, rule::Format format,
               const std::string& path, Run* run) {
  const auto& date = static_cast<const google::type::Date&>(value);
  const bool real =
      date.year() >= 1900 && date.year() <= 2200 && date.month() >= 1 &&
      date.month() <= 12 && date.day() >= 1 && date.day() <= 31 &&
      absl::CivilDay(date.year(), date.month(), date.day()).day() == date.day();
  if (!real) {
    run->Add(path, "must be a calendar date between 1900 and 2200");
  } else if (format == rule::PAST_DATE &&
             absl::CivilDay(date.year(), date.month(), date.day()) >
                 run->today) {
    run->Add(path, "must not be in the future");
  }
}

}  // namespace

Validator::Validator(const Descriptor* request, NameCheck name_check)
    : name_check_(std::move(name_check)), plan_(MakePlan(request)) {}

Validator::~Validator() = default;

std::shared_ptr<const Validator::Plan> Validator::MakePlan(
    const Descriptor* message) const {
  auto plan = std::make_shared<Plan>();
  for (int i = 0; i < message->field_count(); ++i) {
    Field entry;
    entry.field = message->field(i);
    const auto& option = entry.field->options();
    bool output_only = false;
    for (int b = 0; b < option.ExtensionSize(google::api::field_behavior);
         ++b) {
      const auto behavior = option.GetExtension(google::api::field_behavior, b);
      output_only |= behavior == google::api::OUTPUT_ONLY;
      entry.required |= behavior == google::api::REQUIRED;
    }
    if (output_only) continue;
    entry.rules = option.GetExtension(rule::rules);
    if (!entry.rules.pattern().empty()) {
      entry.pattern = std::make_unique<RE2>(entry.rules.pattern());
    } else if (entry.rules.format() == rule::UUID) {
      entry.pattern = std::make_unique<RE2>(kUuid);
    } else if (entry.rules.format() == rule::LANGUAGE) {
      entry.pattern = std::make_unique<RE2>(kLanguage);
    }
    entry.reference =
        option.GetExtension(google::api::resource_reference).type();
    if (!entry.rules.not_before().empty()) {
      entry.not_before = message->FindFieldByName(entry.rules.not_before());
    }
    const Descriptor* child = entry.field->message_type();
    if (child != nullptr &&
        absl::StartsWith(child->full_name(), "passerelle.")) {
      entry.nested = MakePlan(child);
    }
    plan->fields.push_back(std::move(entry));
  }
  return plan;
}

void Validator::CheckMessage(const Plan& plan, const Message& message,
                             const std::string& path, Run* run) {
  const Reflection* reflection = message.GetReflection();
  for (const Field& entry : plan.fields) {
    const FieldDescriptor* field = entry.field;
    const auto at = [&] {
      return path.empty() ? field->name()
                          : absl::StrCat(path, ".", field->name());
    };
    if (!Has(message, field)) {
      if (entry.required) run->Add(at(), "is required");
      continue;
    }
    const rule::Rules& rules = entry.rules;
    int size = 1;
    if (field->is_repeated()) {
      size = reflection->FieldSize(message, field);
      const uint32_t max =
          rules.max_items() == 0 ? kDefaultMaxItems : rules.max_items();
      if (static_cast<uint32_t>(size) > max ||
          static_cast<uint32_t>(size) < rules.min_items()) {
        run->Add(at(), absl::StrCat("must have ", rules.min_items(), " to ",
                                    max, " items"));
        continue;  // a million items are not looked at one by one
      }
    }
    for (int i = 0; i < size; ++i) {
      const auto here = [&] {
        return field->is_repeated() ? absl::StrCat(at(), "[", i, "]") : at();
      };
      switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING: {
          std::string scratch;
          const std::string& value =
              field->is_repeated()
                  ? reflection->GetRepeatedStringReference(message, field, i,
                                                           &scratch)
                  : reflection->GetStringReference(message, field, &scratch);
          if (field->type() == FieldDescriptor::TYPE_BYTES) {
            const uint32_t most =
                rules.max_bytes() == 0 ? kDefaultMaxBytes : rules.max_bytes();
            if (value.size() > most) {
              run->Add(here(),
                       absl::StrCat("must have at most ", most, " bytes"));
            }
            break;
          }
          const uint32_t max =
              rules.max_length() == 0 ? kDefaultMaxLength : rules.max_length();
          const size_t length = CodePoints(value);
          if (length > max || length < rules.min_length()) {
            run->Add(here(), absl::StrCat("must have ", rules.min_length(),
                                          " to ", max, " characters"));
          } else if (HasControlCharacters(value)) {
            run->Add(here(), "must not contain control characters");
          } else if (entry.pattern && !RE2::FullMatch(value, *entry.pattern)) {
            run->Add(here(),
                     absl::StrCat("must match ", entry.pattern->pattern()));
          } else if (rules.format() == rule::COUNTRY && !IsCountry(value)) {
            run->Add(here(), "must be an ISO 3166-1 alpha-2 country code");
          } else if (rules.format() == rule::CURRENCY && !IsCurrency(value)) {
            run->Add(here(), "must be an ISO 4217 currency code");
          } else if (!entry.reference.empty() &&
                     !run->name_check(entry.reference, value)) {
            run->Add(here(), "must be a resource name of the right kind");
          }
          break;
        }
        case FieldDescriptor::CPPTYPE_ENUM: {
          const int value =
              field->is_repeated()
                  ? reflection->GetRepeatedEnumValue(message, field, i)
                  : reflection->GetEnumValue(message, field);
          if (value == 0 ||
              field->enum_type()->FindValueByNumber(value) == nullptr) {
            run->Add(here(), "must be a known value");
          }
          break;
        }
        case FieldDescriptor::CPPTYPE_INT32:
        case FieldDescriptor::CPPTYPE_INT64:
        case FieldDescriptor::CPPTYPE_UINT32:
        case FieldDescriptor::CPPTYPE_UINT64: {
          const int64_t value = NumberAt(message, field, i);
          if ((rules.has_min() && value < rules.min()) ||
              (rules.has_max() && value > rules.max())) {
            run->Add(here(), Range(rules));
          }
          break;
        }
        case FieldDescriptor::CPPTYPE_MESSAGE: {
          const Message& value =
              field->is_repeated()
                  ? reflection->GetRepeatedMessage(message, field, i)
                  : reflection->GetMessage(message, field);
          if (entry.nested) {
            CheckMessage(*entry.nested, value, here(), run);
          } else if (rules.format() == rule::CALENDAR_DATE ||
                     rules.format() == rule::PAST_DATE) {
            CheckDate(value, rules.format(), here(), run);
          } else if (field->message_type()->full_name() ==
                     "google.protobuf.Timestamp") {
            CheckTimestamp(value, here(), run);
          }
          if (entry.not_before != nullptr && Has(message, entry.not_before) &&
              SiblingTime(message, field) <
                  SiblingTime(message, entry.not_before)) {
            run->Add(here(), absl::StrCat("must not be before ",
                                          entry.not_before->name()));
          }
          break;
        }
        default:
          break;
      }
    }
  }
}

std::vector<FieldViolation> Validator::Check(const Message& request,
                                             absl::Time now) const {
  Run run{name_check_, absl::ToCivilDay(now, absl::UTCTimeZone()), {}};
  CheckMessage(*plan_, request, "", &run);
  return std::move(run.violations);
}

bool HasUnknownFields(const Message& message) {
  const Reflection* reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) return true;
  const Descriptor* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (field->is_repeated()) {
      const int size = reflection->FieldSize(message, field);
      for (int j = 0; j < size; ++j) {
        if (HasUnknownFields(
                reflection->GetRepeatedMessage(message, field, j))) {
          return true;
        }
      }
    } else if (reflection->HasField(message, field) &&
               HasUnknownFields(reflection->GetMessage(message, field))) {
      return true;
    }
  }
  return false;
}

}  // namespace passerelle
