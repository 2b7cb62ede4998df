#include <set>

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
      absl::StrAppend(&out, "| ", method->name(), " | ",
                      options::Effect_Name(access.effect()), " | ",
                      options::Purpose_Name(access.purpose()), " | ",
                      CaseRoles(access.case_roles()), " | ",
                      Names(access.mission_kinds(),
                            [](int v) {
                              return options::MissionKind_Name(
                                  static_cast<options::MissionKind>(v));
                            }),
                      " | ",
                      access.officer_roles().empty()
                          ? "none needed"
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
  if (from.size() != 1 || from.Get(0) != "*") {
    return {from.begin(), from.end()};
  }
  std::vector<std::string> states;
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
    google::protobuf::SourceLocation location;
    std::string comment;
    if (value->GetSourceLocation(&location)) {
      comment = absl::StrReplaceAll(location.leading_comments, {{"\n", " "}});
      absl::StripAsciiWhitespace(&comment);
      comment = absl::StrReplaceAll(comment, {{"  ", " "}});
    }
    absl::StrAppend(&out, "| `", value->name(), "` | ",
                    kCodes[value->options().GetExtension(options::status_code)],
                    " | ", comment, " |\n");
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
    for (int i = 0; i < file->enum_type_count(); ++i) {
      if (file->enum_type(i)->name() == "ErrorReason") {
        output["errors.md"] = Errors(file->enum_type(i));
      }
    }
  }
  return output;
}

}  // namespace passerelle::plugin
