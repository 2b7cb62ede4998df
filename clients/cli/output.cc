#include "clients/cli/output.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "clients/cli/text.h"
#include "clients/cli/values.h"
#include "google/protobuf/util/json_util.h"
#include "passerelle/options/v1/options.pb.h"

namespace passerelle::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Wider tables do not fit a terminal.
constexpr size_t kMaxColumns = 6;

// What a list may show, most telling first; `(state)` is the state field.
constexpr const char* kColumns[] = {"name",
                                    "(state)",
                                    "exchange.phase",
                                    "exchange.awaited_mission",
                                    "exchange.due_time",
                                    "display_name",
                                    "kind",
                                    "country",
                                    "direction",
                                    "scope",
                                    "recipient",
                                    "roles",
                                    "revision",
                                    "total",
                                    "origin_mission",
                                    "external_reference",
                                    "planned_date",
                                    "accredited",
                                    "suspended",
                                    "update_time"};

int64_t Number(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return 0;
  const Reflection* reflection = message.GetReflection();
  return field->cpp_type() == FieldDescriptor::CPPTYPE_INT64
             ? reflection->GetInt64(message, field)
             : reflection->GetInt32(message, field);
}

std::string Compact(const Message& message) {
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(message, &json);
  return Harmless(json);
}

std::string TextOfMessage(const Message& message) {
  const std::string& type = message.GetDescriptor()->full_name();
  if (type == "google.type.Date") {
    return absl::StrFormat("%04d-%02d-%02d", Number(message, "year"),
                           Number(message, "month"), Number(message, "day"));
  }
  if (type == "google.protobuf.Timestamp") {
    return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                            absl::FromUnixSeconds(Number(message, "seconds")),
                            absl::UTCTimeZone());
  }
  if (type == "google.protobuf.Duration") {
    return absl::FormatDuration(absl::Seconds(Number(message, "seconds")) +
                                absl::Nanoseconds(Number(message, "nanos")));
  }
  return Compact(message);
}

// One value of a field; `index` -1 for a singular one.
std::string TextOf(const Message& message, const FieldDescriptor* field,
                   int index) {
  const Reflection* r = message.GetReflection();
  const bool one = index < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return TextOfMessage(one ? r->GetMessage(message, field)
                               : r->GetRepeatedMessage(message, field, index));
    case FieldDescriptor::CPPTYPE_ENUM: {
      // By number: a newer server may send values that this program lacks.
      const int number = one ? r->GetEnumValue(message, field)
                             : r->GetRepeatedEnumValue(message, field, index);
      const auto* value = field->enum_type()->FindValueByNumber(number);
      return value == nullptr ? absl::StrCat(number) : value->name();
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string text = one ? r->GetString(message, field)
                             : r->GetRepeatedString(message, field, index);
      return field->type() == FieldDescriptor::TYPE_BYTES
                 ? absl::StrCat(text.size(), " bytes")
                 : Harmless(text);
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return (one ? r->GetBool(message, field)
                  : r->GetRepeatedBool(message, field, index))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(one ? r->GetInt32(message, field)
                              : r->GetRepeatedInt32(message, field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(one ? r->GetInt64(message, field)
                              : r->GetRepeatedInt64(message, field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(one ? r->GetUInt32(message, field)
                              : r->GetRepeatedUInt32(message, field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(one ? r->GetUInt64(message, field)
                              : r->GetRepeatedUInt64(message, field, index));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return absl::StrCat(one ? r->GetDouble(message, field)
                              : r->GetRepeatedDouble(message, field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return absl::StrCat(one ? r->GetFloat(message, field)
                              : r->GetRepeatedFloat(message, field, index));
  }
  return {};
}

bool IsNested(const FieldDescriptor* field) {
  return field->message_type() != nullptr && !IsScalarLike(field);
}

using Rows = std::vector<std::vector<std::string>>;

void AddRows(const Message& message, const std::string& prefix, Rows& rows) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string path = absl::StrCat(prefix, field->name());
    const Reflection* reflection = message.GetReflection();
    if (!field->is_repeated()) {
      if (IsNested(field)) {
        AddRows(reflection->GetMessage(message, field), path + ".", rows);
      } else {
        rows.push_back({path, TextOf(message, field, -1)});
      }
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      const std::string item = absl::StrCat(path, "[", i, "]");
      if (IsNested(field)) {
        AddRows(reflection->GetRepeatedMessage(message, field, i), item + ".",
                rows);
      } else {
        rows.push_back({item, TextOf(message, field, i)});
      }
    }
  }
}

std::string Aligned(const Rows& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - Width(row[i]) + 2, ' ');
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return text;
}

const FieldDescriptor* StateField(const Descriptor* message) {
  const std::string& name = message->options()
                                .GetExtension(passerelle::options::v1::resource)
                                .state_field();
  return name.empty() ? nullptr : message->FindFieldByName(name);
}

bool HasPath(const Descriptor* message, absl::string_view path) {
  for (absl::string_view name : absl::StrSplit(path, '.')) {
    if (message == nullptr) return false;
    const FieldDescriptor* field =
        message->FindFieldByName(std::string(name.data(), name.size()));
    if (field == nullptr) return false;
    message = field->message_type();
  }
  return true;
}

// The repeated message that the answer is about; nullptr for no list.
const FieldDescriptor* ItemsOf(const Descriptor* answer) {
  if (answer->FindFieldByName("next_page_token") == nullptr &&
      answer->FindFieldByName("entries") == nullptr) {
    return nullptr;
  }
  for (int i = 0; i < answer->field_count(); ++i) {
    const FieldDescriptor* field = answer->field(i);
    if (field->is_repeated() && field->message_type() != nullptr) return field;
  }
  return nullptr;
}

}  // namespace

std::string ToJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return json;
}

std::string ValueAt(const Message& message, const std::string& path) {
  const size_t dot = path.find('.');
  const FieldDescriptor* field =
      message.GetDescriptor()->FindFieldByName(path.substr(0, dot));
  if (field == nullptr) return {};
  const Reflection* reflection = message.GetReflection();
  if (field->is_repeated()) {
    std::vector<std::string> values;
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      values.push_back(TextOf(message, field, i));
    }
    return absl::StrJoin(values, ",");
  }
  if (field->message_type() != nullptr &&
      !reflection->HasField(message, field)) {
    return {};
  }
  if (dot != std::string::npos) {
    return ValueAt(reflection->GetMessage(message, field),
                   path.substr(dot + 1));
  }
  return TextOf(message, field, -1);
}

std::vector<std::string> ListColumns(const Descriptor* item) {
  std::vector<std::string> columns;
  if (item->FindFieldByName("name") == nullptr) {
    for (int i = 0; i < item->field_count(); ++i) {
      columns.push_back(item->field(i)->name());
    }
    return columns;
  }
  for (const char* candidate : kColumns) {
    std::string column = candidate;
    if (column == "(state)") {
      const FieldDescriptor* state = StateField(item);
      if (state == nullptr) continue;
      column = state->name();
    }
    if (HasPath(item, column)) columns.push_back(column);
    if (columns.size() == kMaxColumns) break;
  }
  return columns;
}

std::string ToTable(const Message& message) {
  const FieldDescriptor* items = ItemsOf(message.GetDescriptor());
  Rows rows;
  if (items == nullptr) {
    AddRows(message, "", rows);
    return Aligned(rows);
  }
  const std::vector<std::string> columns = ListColumns(items->message_type());
  rows.emplace_back();
  for (const std::string& column : columns) {
    const std::string last = column.substr(column.rfind('.') + 1);
    rows.back().push_back(
        absl::AsciiStrToUpper(absl::StrReplaceAll(last, {{"_", " "}})));
  }
  const Reflection* reflection = message.GetReflection();
  for (int i = 0; i < reflection->FieldSize(message, items); ++i) {
    const Message& item = reflection->GetRepeatedMessage(message, items, i);
    rows.emplace_back();
    for (const std::string& column : columns) {
      rows.back().push_back(ValueAt(item, column));
    }
  }
  return Aligned(rows);
}

}  // namespace passerelle::cli
