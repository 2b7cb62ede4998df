// How rules are read and combined. What the policy gives to each position is in
// visibility_test.cc, and through the whole server in tests/scenario.

#include "server/domain/policy.h"

#include "gtest/gtest.h"
#include "passerelle/v1/consent.pb.h"

namespace passerelle::domain {
namespace {

constexpr auto kNoConsent = [](int) { return false; };
constexpr auto kEveryConsent = [](int) { return true; };

Policy Of(absl::string_view text) {
  auto policy = Policy::Parse(text);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *std::move(policy);
}

Policy::Question Owner() {
  return {.mission_kind = options::IOM_MISSION,
          .positions = Bit(options::OWNER)};
}

TEST(PolicyTest, WhatNothingPermitsIsDenied) {
  EXPECT_EQ(Of("").Classes(Owner(), kEveryConsent), 0u);
  EXPECT_EQ(Policy::BuiltIn().Classes({}, kEveryConsent), 0u);
}

TEST(PolicyTest, EveryListMustFit) {
  const Policy policy =
      Of("rules { verdict: PERMIT mission_kinds: IOM_MISSION positions: OWNER "
         "officer_roles: MEDICAL_OFFICER consent: 'SHARE_MEDICAL' "
         "classes: MEDICAL }");
  Policy::Question question = Owner();
  EXPECT_EQ(policy.Classes(question, kEveryConsent), 0u);
  question.officer_roles = Bit(options::MEDICAL_OFFICER);
  EXPECT_EQ(policy.Classes(question, kNoConsent), 0u);
  EXPECT_EQ(policy.Classes(question, kEveryConsent), Bit(options::MEDICAL));
  question.mission_kind = options::NGO;
  EXPECT_EQ(policy.Classes(question, kEveryConsent), 0u);
}

TEST(PolicyTest, AForbidBeatsEveryPermitWhereverItStands) {
  const Policy policy =
      Of("rules { verdict: FORBID classes: IDENTITY } "
         "rules { verdict: PERMIT positions: OWNER classes: [IDENTITY, "
         "ROUTINE] }");
  EXPECT_EQ(policy.Classes(Owner(), kNoConsent), Bit(options::ROUTINE));
}

TEST(PolicyTest, ABadTextSaysWhere) {
  for (const char* text :
       {"rules { verdict: PERMIT }", "rules { classes: IDENTITY }",
        "rules { verdict: PERMIT classes: IDENTITY }",
        "rules { verdict: PERMIT positions: OWNER consent: 'ANY' classes: "
        "IDENTITY }",
        "rules { verdict: MAYBE }", "rules {"}) {
    EXPECT_EQ(Policy::Parse(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(PolicyTest, NoPurposeGivesAnAuthorityMoreThanItMaySee) {
  constexpr EnumSet kNever = Bit(options::CONTACT) | Bit(options::MEDICAL) |
                             Bit(options::PROTECTION) |
                             Bit(options::VULNERABILITY) |
                             Bit(options::FINANCE) | Bit(options::SEALED);
  for (const auto kind : {options::CONSULATE, options::MINISTRY,
                          options::BORDER, options::GOVERNMENT}) {
    for (int purpose = 1; purpose < options::Purpose_ARRAYSIZE; ++purpose) {
      EXPECT_EQ(Policy::BuiltIn().GrantableClasses(
                    kind, static_cast<options::Purpose>(purpose)) &
                    kNever,
                0u);
    }
  }
}

}  // namespace
}  // namespace passerelle::domain
