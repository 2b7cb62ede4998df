#include "clients/cli/values.h"

#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"

namespace passerelle::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

absl::Status Expected(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("expected ", what));
}

std::string TypeOf(const FieldDescriptor* field) {
  return field->message_type() == nullptr ? std::string()
                                          : field->message_type()->full_name();
}

std::vector<std::string> EnumNames(const FieldDescriptor* field) {
  std::vector<std::string> names;
  for (int i = 0; i < field->enum_type()->value_count(); ++i) {
    const auto* value = field->enum_type()->value(i);
    if (value->number() != 0) names.push_back(value->name());
  }
  return names;
}

absl::Status SetEnum(Message& message, const FieldDescriptor* field,
                     absl::string_view text) {
  const std::string name =
      absl::StrReplaceAll(absl::AsciiStrToUpper(text), {{"-", "_"}});
  const auto* value = field->enum_type()->FindValueByName(name);
  if (value == nullptr) {
    return Expected(
        absl::StrCat("one of ", absl::StrJoin(EnumNames(field), ", ")));
  }
  const Reflection* reflection = message.GetReflection();
  field->is_repeated() ? reflection->AddEnum(&message, field, value)
                       : reflection->SetEnum(&message, field, value);
  return absl::OkStatus();
}

void SetNumber(Message& message, absl::string_view name, int64_t value) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(
      std::string(name.data(), name.size()));
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
    message.GetReflection()->SetInt64(&message, field, value);
  } else {
    message.GetReflection()->SetInt32(&message, field,
                                      static_cast<int32_t>(value));
  }
}

absl::Status FillDate(Message& date, absl::string_view text) {
  absl::CivilDay day;
  if (text.size() != 10 || !absl::ParseCivilTime(text, &day)) {
    return Expected("a date as YYYY-MM-DD");
  }
  SetNumber(date, "year", day.year());
  SetNumber(date, "month", day.month());
  SetNumber(date, "day", day.day());
  return absl::OkStatus();
}

absl::Status FillTimestamp(Message& timestamp, absl::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return Expected("a time as 2026-03-31T16:00:00Z");
  }
  const int64_t seconds = absl::ToUnixSeconds(time);
  SetNumber(timestamp, "seconds", seconds);
  SetNumber(timestamp, "nanos",
            absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds)));
  return absl::OkStatus();
}

absl::Status FillDuration(Message& message, absl::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) ||
      duration == absl::InfiniteDuration()) {
    return Expected("a duration as 90s or 1h30m");
  }
  SetNumber(message, "seconds",
            absl::IDivDuration(duration, absl::Seconds(1), &duration));
  SetNumber(message, "nanos", absl::ToInt64Nanoseconds(duration));
  return absl::OkStatus();
}

absl::Status FillMask(Message& mask, absl::string_view text) {
  const FieldDescriptor* paths = mask.GetDescriptor()->FindFieldByName("paths");
  for (absl::string_view path : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    mask.GetReflection()->AddString(&mask, paths,
                                    absl::StrReplaceAll(path, {{"-", "_"}}));
  }
  return absl::OkStatus();
}

absl::Status FillMessage(Message& message, absl::string_view text) {
  const std::string type = message.GetDescriptor()->full_name();
  if (type == "google.type.Date") return FillDate(message, text);
  if (type == "google.protobuf.Timestamp") return FillTimestamp(message, text);
  if (type == "google.protobuf.Duration") return FillDuration(message, text);
  if (type == "google.protobuf.FieldMask") return FillMask(message, text);
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(text.data(), text.size()), &message);
  if (status.ok()) return absl::OkStatus();
  const auto detail = status.message();
  return Expected(
      absl::StrCat("JSON of ", message.GetDescriptor()->name(), " (",
                   absl::string_view(detail.data(), detail.size()), ")"));
}

absl::Status SetMessage(Message& message, const FieldDescriptor* field,
                        absl::string_view text) {
  const Reflection* reflection = message.GetReflection();
  return FillMessage(field->is_repeated()
                         ? *reflection->AddMessage(&message, field)
                         : *reflection->MutableMessage(&message, field),
                     text);
}

// Parses with `kParse` and sets or adds with the two setters.
template <typename T, typename Set, typename Add>
absl::Status SetParsed(Message& message, const FieldDescriptor* field,
                       absl::string_view text,
                       bool (*parse)(absl::string_view, T*), Set set, Add add,
                       absl::string_view what) {
  T value = {};
  if (!parse(text, &value)) return Expected(what);
  const Reflection* reflection = message.GetReflection();
  field->is_repeated() ? (reflection->*add)(&message, field, value)
                       : (reflection->*set)(&message, field, value);
  return absl::OkStatus();
}

}  // namespace

bool IsScalarLike(const FieldDescriptor* field) {
  const std::string type = TypeOf(field);
  return type == "google.type.Date" || type == "google.protobuf.Timestamp" ||
         type == "google.protobuf.Duration" ||
         type == "google.protobuf.FieldMask";
}

std::string ValueHint(const FieldDescriptor* field) {
  const std::string type = TypeOf(field);
  if (type == "google.type.Date") return "YYYY-MM-DD";
  if (type == "google.protobuf.Timestamp") return "TIME";
  if (type == "google.protobuf.Duration") return "DURATION";
  if (type == "google.protobuf.FieldMask") return "PATH,...";
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "JSON";
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrJoin(EnumNames(field), "|");
    case FieldDescriptor::CPPTYPE_STRING:
      return "TEXT";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true|false";
    default:
      return "NUMBER";
  }
}

absl::Status SetFromText(Message& message, const FieldDescriptor* field,
                         absl::string_view text) {
  using R = Reflection;
  const std::string string(text.data(), text.size());
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(message, field, text);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetMessage(message, field, text);
    case FieldDescriptor::CPPTYPE_STRING:
      field->is_repeated()
          ? message.GetReflection()->AddString(&message, field, string)
          : message.GetReflection()->SetString(&message, field, string);
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_BOOL:
      return SetParsed<bool>(message, field, text, absl::SimpleAtob,
                             &R::SetBool, &R::AddBool, "true or false");
    case FieldDescriptor::CPPTYPE_INT32:
      return SetParsed<int32_t>(message, field, text, absl::SimpleAtoi<int32_t>,
                                &R::SetInt32, &R::AddInt32, "a whole number");
    case FieldDescriptor::CPPTYPE_INT64:
      return SetParsed<int64_t>(message, field, text, absl::SimpleAtoi<int64_t>,
                                &R::SetInt64, &R::AddInt64, "a whole number");
    case FieldDescriptor::CPPTYPE_UINT32:
      return SetParsed<uint32_t>(message, field, text,
                                 absl::SimpleAtoi<uint32_t>, &R::SetUInt32,
                                 &R::AddUInt32, "a whole number, not negative");
    case FieldDescriptor::CPPTYPE_UINT64:
      return SetParsed<uint64_t>(message, field, text,
                                 absl::SimpleAtoi<uint64_t>, &R::SetUInt64,
                                 &R::AddUInt64, "a whole number, not negative");
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return SetParsed<double>(message, field, text, absl::SimpleAtod,
                               &R::SetDouble, &R::AddDouble, "a number");
    case FieldDescriptor::CPPTYPE_FLOAT:
      return SetParsed<float>(message, field, text, absl::SimpleAtof,
                              &R::SetFloat, &R::AddFloat, "a number");
  }
  return Expected("a value of a kind this program knows");
}

}  // namespace passerelle::cli
