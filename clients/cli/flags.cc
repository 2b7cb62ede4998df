#include "clients/cli/flags.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/errors.h"
#include "clients/cli/text.h"
#include "clients/cli/values.h"
#include "common/status_details.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/util/json_util.h"

namespace passerelle::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Path = std::vector<const FieldDescriptor*>;

// Deeper fields are given as JSON; it also ends recursive messages.
constexpr size_t kMaxDepth = 6;

constexpr char kMaskField[] = "update_mask";

bool Behaves(const FieldDescriptor* field,
             google::api::FieldBehavior behavior) {
  const auto& list =
      field->options().GetRepeatedExtension(google::api::field_behavior);
  return std::find(list.begin(), list.end(), behavior) != list.end();
}

bool IsPlainMessage(const FieldDescriptor* field) {
  return field->message_type() != nullptr && !IsScalarLike(field);
}

// The only message of the request that is not a value; nullptr for none.
const FieldDescriptor* BodyOf(const Descriptor* request) {
  const FieldDescriptor* body = nullptr;
  for (int i = 0; i < request->field_count(); ++i) {
    const FieldDescriptor* field = request->field(i);
    if (!IsPlainMessage(field) || field->is_repeated()) continue;
    if (body != nullptr) return nullptr;
    body = field;
  }
  return body;
}

std::string Dotted(Path::const_iterator from, Path::const_iterator to) {
  std::vector<std::string> names;
  for (; from != to; ++from) names.push_back((*from)->name());
  return absl::StrJoin(names, ".");
}

std::string Dotted(const Path& path) {
  return Dotted(path.begin(), path.end());
}

class Collector {
 public:
  explicit Collector(const Descriptor* request)
      : body_(BodyOf(request)),
        update_(request->FindFieldByName(kMaskField) != nullptr) {
    Path path;
    Collect(request, path);
    AddShortNames();
  }

  std::vector<Flag> Take() { return std::move(flags_); }

 private:
  void Collect(const Descriptor* message, Path& path) {
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      if (Behaves(field, google::api::OUTPUT_ONLY)) continue;
      if (update_ && Behaves(field, google::api::IMMUTABLE)) continue;
      path.push_back(field);
      if (Behaves(field, google::api::IDENTIFIER)) {
        if (update_) Add(path, "NAME");
      } else if (path.size() == 1 &&
                 (field->name() == "name" || field->name() == "parent")) {
        Add(path, absl::AsciiStrToUpper(field->name()));
      } else {
        Add(path, "");
        if (IsPlainMessage(field) && !field->is_repeated() &&
            path.size() < kMaxDepth) {
          Collect(field->message_type(), path);
        }
      }
      path.pop_back();
    }
  }

  void Add(const Path& path, std::string positional) {
    Flag flag;
    flag.path = path;
    flag.positional = std::move(positional);
    flag.help = FirstSentence(CommentOf(path.back()));
    const std::string name = KebabOfSnake(Dotted(path));
    if (flag.positional.empty() && names_.insert(name).second) {
      flag.names.push_back(name);
    }
    if (!flag.names.empty() || !flag.positional.empty()) {
      flags_.push_back(std::move(flag));
    }
  }

  // After all long names are known, because those come first.
  void AddShortNames() {
    if (body_ == nullptr) return;
    for (Flag& flag : flags_) {
      if (flag.names.empty() || flag.path.size() < 2 ||
          flag.path.front() != body_) {
        continue;
      }
      const std::string name =
          KebabOfSnake(Dotted(flag.path.begin() + 1, flag.path.end()));
      if (names_.insert(name).second) {
        flag.names.insert(flag.names.begin(), name);
      }
    }
  }

  const FieldDescriptor* const body_;
  const bool update_;
  std::set<std::string> names_{GlobalFlagNames().begin(),
                               GlobalFlagNames().end()};
  std::vector<Flag> flags_;
};

std::string NameOf(const Flag& flag) {
  return flag.positional.empty() ? absl::StrCat("--", flag.names.front())
                                 : flag.positional;
}

// The message that holds the last field of `path`.
Message* Parent(Message* message, const Path& path) {
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, path[i]);
  }
  return message;
}

// Adds the paths of what is populated below `message`, as an update mask would
// name them.
void CollectPopulated(const Message& message, const std::string& prefix,
                      std::set<std::string>& paths) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (Behaves(field, google::api::OUTPUT_ONLY) ||
        Behaves(field, google::api::IDENTIFIER)) {
      continue;
    }
    const std::string path = absl::StrCat(prefix, field->name());
    if (IsPlainMessage(field) && !field->is_repeated()) {
      CollectPopulated(message.GetReflection()->GetMessage(message, field),
                       absl::StrCat(path, "."), paths);
    } else {
      paths.insert(path);
    }
  }
}

// Computes the update mask unless there is one. False: nothing would change.
bool CompleteMask(Message& request, const std::set<std::string>& from_json,
                  const std::vector<GivenFlag>& given) {
  const Descriptor* type = request.GetDescriptor();
  const FieldDescriptor* mask = type->FindFieldByName(kMaskField);
  const FieldDescriptor* body = BodyOf(type);
  if (mask == nullptr || body == nullptr ||
      request.GetReflection()->HasField(request, mask)) {
    return true;
  }
  std::set<std::string> paths = from_json;
  for (const GivenFlag& item : given) {
    const Path& path = item.flag->path;
    if (path.size() < 2 || path.front() != body) continue;
    if (Behaves(path.back(), google::api::IDENTIFIER)) continue;
    paths.insert(Dotted(path.begin() + 1, path.end()));
  }
  if (paths.empty()) return false;
  return SetFromText(request, mask, absl::StrJoin(paths, ",")).ok();
}

}  // namespace

const std::vector<std::string>& GlobalFlagNames() {
  static const auto* const names = new std::vector<std::string>{
      "address", "all",     "ca",     "cert",    "config",   "file",   "help",
      "key",     "officer", "output", "profile", "deadline", "version"};
  return *names;
}

std::vector<Flag> FlagsOf(const Descriptor* request) {
  return Collector(request).Take();
}

absl::StatusOr<std::unique_ptr<Message>> BuildRequest(
    const Contract& contract, const Descriptor* type,
    const std::optional<std::string>& json,
    const std::vector<GivenFlag>& given) {
  std::unique_ptr<Message> request = contract.New(type);
  std::vector<FieldViolation> violations;
  std::set<std::string> from_json;
  if (json.has_value()) {
    const auto status =
        google::protobuf::util::JsonStringToMessage(*json, request.get());
    if (!status.ok()) violations.push_back({"--file", status.ToString()});
    if (const FieldDescriptor* body = BodyOf(type)) {
      CollectPopulated(request->GetReflection()->GetMessage(*request, body), "",
                       from_json);
    }
  }
  for (const GivenFlag& item : given) {
    Message* parent = Parent(request.get(), item.flag->path);
    const FieldDescriptor* field = item.flag->field();
    parent->GetReflection()->ClearField(parent, field);
    for (const std::string& value : item.values) {
      const absl::Status status = SetFromText(*parent, field, value);
      if (status.ok()) continue;
      violations.push_back(
          {NameOf(*item.flag),
           absl::StrCat("\"", value, "\": ", status.message())});
    }
  }
  if (violations.empty() && !CompleteMask(*request, from_json, given)) {
    violations.push_back(
        {"--update-mask", "nothing to change: give a field to change"});
  }
  if (!violations.empty()) {
    return UsageError("the command line cannot be understood", violations);
  }
  return request;
}

}  // namespace passerelle::cli
