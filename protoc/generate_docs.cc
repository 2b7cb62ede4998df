#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "protoc/generate.h"

namespace passerelle::plugin {
namespace {

constexpr char kOrigin[] =
    "<!-- Made from protos/ by `make docs`. Do not edit. -->\n\n";

template <typename List, typename NameOf>
std::string Names(const List& list, NameOf name_of) {
  if (list.empty()) return "any";
  return absl::StrJoin(list, ", ", [&](std::string* out, int value) {
    out->append(name_of(value));
  });
}

std::string CaseRoles(const google::protobuf::RepeatedField<int>& list) {
  return Names(list, [](int v) {
    return options::CaseRole_Name(static_cast<options::CaseRole>(v));
  });
}

std::string OfficerRoles(const google::protobuf::RepeatedField<int>& list) {
  return Names(list, [](int v) {
    return options::OfficerRole_Name(static_cast<options::OfficerRole>(v));
  });
}

std::string AccessMatrix(const Files& files) {
  std::string out = absl::StrCat(
      "# Who may call what\n\n", kOrigin,
      "Positions, partner kinds and officer roles must all be satisfied; "
      "within a cell one is enough.\n");
  for (const ServiceDescriptor* service : ServicesOf(files)) {
    absl::StrAppend(&out, "\n## ", service->name(),
                    "\n\n| Method | Effect | Purpose | Position of the mission "
                    "| Kind of partner | Role of the officer |\n"
                    "|---|---|---|---|---|---|\n");
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      const auto& access = method->options().GetExtension(options::access);
      absl::StrAppend(
          &out, "| ", method->name(), " | ",
          options::Effect_Name(access.effect()), " | ",
          options::Purpose_Name(access.purpose()), " | ",
          CaseRoles(access.case_roles()),
          access.except_case_roles().empty()
              ? ""
              : absl::StrCat(", not ", CaseRoles(access.except_case_roles())),
          " | ",
          Names(access.mission_kinds(),
                [](int v) {
                  return options::MissionKind_Name(
                      static_cast<options::MissionKind>(v));
                }),
          " | ",
          access.officer_roles().empty() ? "none needed"
                                         : OfficerRoles(access.officer_roles()),
          " |\n");
    }
  }
  return out;
}

std::string ClockText(const options::Clock& clock) {
  if (clock.party() == options::CLOCK_PARTY_UNSPECIFIED) return ", clock stops";
  const char* party =
      clock.party() == options::INITIATOR_CLOCK ? "initiator" : "counterpart";
  if (clock.resume()) return absl::StrCat(", ", party, "'s clock goes on");
  return absl::StrCat(", ", clock.working_days(), " working days for the ",
                      party, clock.pause() ? ", other clock paused" : "");
}

// Every state not of phase ENDED, for `*`.
std::vector<std::string> Expand(
    const Descriptor* kind,
    const google::protobuf::RepeatedPtrField<std::string>& from) {
  std::vector<std::string> states;
  bool star = false;
  for (const std::string& state : from) {
    star |= state == "*";
    if (state != "*") states.push_back(state);
  }
  if (!star) return states;
  const EnumDescriptor* all = StateEnum(kind);
  for (int i = 0; i < all->value_count(); ++i) {
    const auto* value = all->value(i);
    if (value->number() == 0) continue;
    if (value->options().GetExtension(options::phase) != options::ENDED) {
      states.push_back(value->name());
    }
  }
  return states;
}

std::string Diagram(const Files& files, const Descriptor* kind) {
  const auto& spec = kind->options().GetExtension(options::exchange_kind);
  std::string out =
      absl::StrCat("# ", kind->name(), "\n\n", kOrigin, "Process version ",
                   spec.version(), ".\n\n```mermaid\nstateDiagram-v2\n");
  for (const ServiceDescriptor* service : ServicesOf(files)) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      if (method->output_type() != kind ||
          !method->options().HasExtension(options::transition)) {
        continue;
      }
      const auto& move = method->options().GetExtension(options::transition);
      std::vector<std::string> from(move.from().begin(), move.from().end());
      if (from.empty()) from.push_back("[*]");
      for (const std::string& source : from) {
        for (const std::string& target : move.to()) {
          absl::StrAppend(
              &out, "  ", source, " --> ", target, ": ", method->name(),
              move.has_clock() && target == move.to(0) ? ClockText(move.clock())
                                                       : "",
              "\n");
        }
      }
    }
  }
  for (const auto& move : spec.administrative()) {
    if (move.to().empty()) continue;
    for (const std::string& source : Expand(kind, move.from())) {
      if (move.to() == "(previous)") {
        // Drawn back to where the question can be asked.
        for (const auto& ask : spec.administrative()) {
          if (ask.to() != source) continue;
          for (const std::string& target : Expand(kind, ask.from())) {
            absl::StrAppend(&out, "  ", source, " --> ", target, ": ",
                            VerbRpc(move.verb()), ClockText(move.clock()),
                            "\n");
          }
        }
        continue;
      }
      absl::StrAppend(&out, "  ", source, " --> ", move.to(), ": ",
                      VerbRpc(move.verb()),
                      move.has_clock() ? ClockText(move.clock()) : "", "\n");
    }
  }
  for (const auto& move : spec.timed()) {
    for (const std::string& source : move.from()) {
      absl::StrAppend(
          &out, "  ", source, " --> ", move.to(), ": time, ",
          move.base() == options::DUE_TIME ? "due time" : "expire time");
      if (move.grace_working_days() > 0) {
        absl::StrAppend(&out, " plus ", move.grace_working_days(),
                        " working days");
      }
      absl::StrAppend(&out, "\n");
    }
  }
  absl::StrAppend(&out, "```\n\n| State | Phase |\n|---|---|\n");
  const EnumDescriptor* states = StateEnum(kind);
  for (int i = 0; i < states->value_count(); ++i) {
    const auto* value = states->value(i);
    if (value->number() == 0) continue;
    absl::StrAppend(
        &out, "| ", value->name(), " | ",
        options::Phase_Name(value->options().GetExtension(options::phase)),
        " |\n");
  }
  return out;
}

// The comment of a value in one line.
std::string CommentOf(const google::protobuf::EnumValueDescriptor* value) {
  google::protobuf::SourceLocation location;
  if (!value->GetSourceLocation(&location)) return "";
  std::string comment =
      absl::StrReplaceAll(location.leading_comments, {{"\n", " "}});
  absl::StripAsciiWhitespace(&comment);
  return absl::StrReplaceAll(comment, {{"  ", " "}});
}

// One life cycle of a resource that has several. Moves from or to many states
// stand in a table: as arrows they would hide the others.
class LifeCycle {
 public:
  LifeCycle(const Descriptor* resource, std::string variant)
      : states_(StateEnum(resource)), variant_(std::move(variant)) {}

  template <typename From, typename To>
  void Add(const From& from, const To& to, const std::string& label) {
    const std::vector<std::string> sources = Known(from);
    const std::vector<std::string> targets = Known(to);
    if (sources.size() * targets.size() > kMaxArrows) {
      absl::StrAppend(&table_, "| ", label, " | ", absl::StrJoin(sources, ", "),
                      " | ", absl::StrJoin(targets, ", "), " |\n");
      return;
    }
    for (const std::string& source : sources) {
      for (const std::string& target : targets) {
        absl::StrAppend(&arrows_, "  ", source, " --> ", target, ": ", label,
                        "\n");
      }
    }
  }

  std::string Page(const std::string& title) const {
    std::string out =
        absl::StrCat("# ", title, "\n\n", kOrigin,
                     "```mermaid\nstateDiagram-v2\n", arrows_, "```\n");
    if (!table_.empty()) {
      absl::StrAppend(&out, "\n| Move | From | To |\n|---|---|---|\n", table_);
    }
    absl::StrAppend(&out, "\n| State | Meaning |\n|---|---|\n");
    for (int i = 0; i < states_->value_count(); ++i) {
      const auto* value = states_->value(i);
      if (value->number() == 0 || !Knows(value, variant_)) continue;
      absl::StrAppend(&out, "| ", value->name(), " | ", CommentOf(value),
                      " |\n");
    }
    return out;
  }

 private:
  static constexpr size_t kMaxArrows = 5;

  template <typename List>
  std::vector<std::string> Known(const List& names) const {
    std::vector<std::string> known;
    for (const std::string& name : names) {
      const auto* value = states_->FindValueByName(name);
      if (value == nullptr || Knows(value, variant_)) known.push_back(name);
    }
    return known;
  }

  const EnumDescriptor* const states_;
  const std::string variant_;
  std::string arrows_;
  std::string table_;
};

std::string LifeCyclePage(const Files& files, const Descriptor* resource,
                          const std::string& variant) {
  LifeCycle page(resource, variant);
  for (const ServiceDescriptor* service : ServicesOf(files)) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      const auto& move = method->options().GetExtension(options::transition);
      if (method->output_type() != resource || move.to().empty() ||
          !ExistsIn(move, variant)) {
        continue;
      }
      if (move.from().empty()) {
        page.Add(std::vector<std::string>{"[*]"}, move.to(), method->name());
      } else {
        page.Add(Expand(resource, move.from()), move.to(), method->name());
      }
    }
  }
  const auto& spec = resource->options().GetExtension(options::resource);
  for (const auto& timer : spec.timed()) {
    page.Add(timer.from(), std::vector<std::string>{timer.to()},
             absl::StrCat("time, ", timer.calendar_days(), " days"));
  }
  for (const auto& move : spec.automatic()) {
    page.Add(move.from(), std::vector<std::string>{move.to()}, move.when());
  }
  return page.Page(absl::StrCat(resource->name(), ", ", variant));
}

constexpr const char* kCodes[] = {"OK",
                                  "CANCELLED",
                                  "UNKNOWN",
                                  "INVALID_ARGUMENT",
                                  "DEADLINE_EXCEEDED",
                                  "NOT_FOUND",
                                  "ALREADY_EXISTS",
                                  "PERMISSION_DENIED",
                                  "RESOURCE_EXHAUSTED",
                                  "FAILED_PRECONDITION",
                                  "ABORTED",
                                  "OUT_OF_RANGE",
                                  "UNIMPLEMENTED",
                                  "INTERNAL",
                                  "UNAVAILABLE",
                                  "DATA_LOSS",
                                  "UNAUTHENTICATED"};

std::string Errors(const EnumDescriptor* reasons) {
  std::string out = absl::StrCat(
      "# Errors\n\n", kOrigin,
      "Every error is a `google.rpc.Status` in `grpc-status-details-bin` with "
      "one `ErrorInfo` of domain `passerelle`. Reason and code always go "
      "together.\n\n| Reason | Code | Meaning and remedy |\n|---|---|---|\n");
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto* value = reasons->value(i);
    if (value->number() == 0) continue;
    absl::StrAppend(&out, "| `", value->name(), "` | ",
                    kCodes[value->options().GetExtension(options::status_code)],
                    " | ", CommentOf(value), " |\n");
  }
  return out;
}

}  // namespace

Output GenerateDocs(const Files& files) {
  Output output;
  output["access.md"] = AccessMatrix(files);
  for (const Descriptor* kind : ExchangeKindsOf(files)) {
    output[absl::StrCat("states/", Stem(kind->file()), ".md")] =
        Diagram(files, kind);
  }
  for (const FileDescriptor* file : files) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      const Descriptor* resource = file->message_type(i);
      const EnumDescriptor* variants = VariantEnum(resource);
      for (int v = 1; variants != nullptr && v < variants->value_count(); ++v) {
        const std::string& variant = variants->value(v)->name();
        output[absl::StrCat("states/", Stem(file), "_",
                            absl::AsciiStrToLower(variant), ".md")] =
            LifeCyclePage(files, resource, variant);
      }
    }
    for (int i = 0; i < file->enum_type_count(); ++i) {
      if (file->enum_type(i)->name() == "ErrorReason") {
        output["errors.md"] = Errors(file->enum_type(i));
      }
    }
  }
  return output;
}

}  // namespace passerelle::plugin
