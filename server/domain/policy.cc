#include "server/domain/policy.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "passerelle/internal/v1/policy.pb.h"
#include "passerelle/v1/consent.pb.h"
#include "server/domain/enum_set.h"
#include "server/domain/policy_text.h"

namespace passerelle::domain {
namespace {

namespace internal = ::passerelle::internal::v1;

bool Fits(EnumSet wanted, EnumSet have) {
  return wanted == 0 || (wanted & have) != 0;
}

// Says where the text stops being a policy.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text.empty()) {
      text = absl::StrCat(line + 1, ":", column + 1, ": ", message);
    }
  }
  std::string text;
};

}  // namespace

absl::StatusOr<Policy> Policy::Parse(absl::string_view text) {
  google::protobuf::TextFormat::Parser parser;
  FirstError error;
  parser.RecordErrorsTo(&error);
  internal::Policy data;
  if (!parser.ParseFromString(std::string(text), &data)) {
    return absl::InvalidArgumentError(error.text);
  }
  Policy policy;
  for (int i = 0; i < data.rules_size(); ++i) {
    const internal::PolicyRule& from = data.rules(i);
    const auto wrong = [&](absl::string_view what) {
      return absl::InvalidArgumentError(
          absl::StrCat("rule ", i + 1, ": ", what));
    };
    Rule rule;
    if (from.verdict() == internal::PolicyRule::VERDICT_UNSPECIFIED) {
      return wrong("has no verdict");
    }
    if (from.classes().empty()) return wrong("names no class");
    rule.permits = from.verdict() == internal::PolicyRule::PERMIT;
    rule.mission_kinds = ToSet(from.mission_kinds());
    rule.positions = ToSet(from.positions());
    rule.officer_roles = ToSet(from.officer_roles());
    rule.purposes = ToSet(from.purposes());
    rule.classes = ToSet(from.classes());
    if (!from.consent().empty()) {
      ::passerelle::v1::Consent::Scope scope;
      if (!::passerelle::v1::Consent::Scope_Parse(from.consent(), &scope)) {
        return wrong("names an unknown consent");
      }
      rule.consent = scope;
    }
    if (from.days_around_travel() != 0) {
      rule.days_around_travel = from.days_around_travel();
    }
    if (rule.permits && rule.positions == 0) {
      return wrong("permits without a position");
    }
    policy.rules_.push_back(rule);
  }
  return policy;
}

const Policy& Policy::BuiltIn() {
  static const auto* const policy = [] {
    auto parsed = Parse(BuiltInPolicyText());
    if (!parsed.ok()) {
      // A test parses the same text: a build that passed never gets here.
      std::cerr << "data/policy.textproto: " << parsed.status() << std::endl;
      std::abort();
    }
    return new Policy(*std::move(parsed));
  }();
  return *policy;
}

EnumSet Policy::Classes(const Question& question,
                        absl::FunctionRef<bool(int scope)> consented) const {
  EnumSet permitted = 0;
  EnumSet forbidden = 0;
  for (const Rule& rule : rules_) {
    if (!Fits(rule.mission_kinds, Bit(question.mission_kind)) ||
        !Fits(rule.positions, question.positions) ||
        !Fits(rule.officer_roles, question.officer_roles) ||
        !Fits(rule.purposes, Bit(question.purpose)) ||
        question.days_from_travel > rule.days_around_travel ||
        (rule.consent != 0 && !consented(rule.consent))) {
      continue;
    }
    (rule.permits ? permitted : forbidden) |= rule.classes;
  }
  return permitted & ~forbidden;
}

EnumSet Policy::GrantableClasses(options::MissionKind mission_kind,
                                 options::Purpose purpose) const {
  Question question;
  question.mission_kind = mission_kind;
  question.positions = Bit(options::PARTICIPANT) | Bit(options::CONTRIBUTOR);
  question.officer_roles = ~EnumSet{0};
  question.purpose = purpose;
  question.days_from_travel = 0;
  return Classes(question, [](int) { return true; });
}

std::string PrivacyNames(const google::protobuf::RepeatedField<int>& classes,
                         EnumSet among) {
  std::string names;
  for (const int privacy : classes) {
    if ((among & Bit(privacy)) == 0) continue;
    if (!names.empty()) names += ",";
    names += options::Privacy_Name(static_cast<options::Privacy>(privacy));
  }
  return names;
}

}  // namespace passerelle::domain
