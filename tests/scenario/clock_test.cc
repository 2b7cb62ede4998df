// R27: a clock that stands still and steps back changes neither order nor
// names, and nothing that ended begins again.

#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "tests/support/journey.h"
#include "tests/support/seed.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

TEST(Clock, StepsChangeNeitherOrderNorNames) {
  constexpr int kSteps = 300;
  TestServer server;
  std::mt19937_64 random(Seed());
  std::vector<std::string> names;
  const std::vector<absl::Duration> jumps = {
      absl::ZeroDuration(), -absl::Seconds(1), absl::Seconds(1),
      -absl::Hours(24), absl::Hours(3)};
  for (int i = 0; i < kSteps; ++i) {
    names.push_back(server.ProposedFile().name);
    server.clock().Advance(jumps[std::uniform_int_distribution<size_t>(
        0, jumps.size() - 1)(random)]);
  }
  for (size_t i = 1; i < names.size(); ++i) EXPECT_LT(names[i - 1], names[i]);
  const auto mail = Must<pb::FetchMailboxResponse>(
      server, "iom-ma", "FetchMailbox", "max_entries: 1000");
  ASSERT_GE(mail.entries_size(), kSteps);
  for (int i = 1; i < mail.entries_size(); ++i) {
    const auto& before = mail.entries(i - 1);
    const auto& entry = mail.entries(i);
    EXPECT_EQ(entry.sequence(), before.sequence() + 1);
    EXPECT_GE(absl::FromUnixSeconds(entry.event_time().seconds()) +
                  absl::Nanoseconds(entry.event_time().nanos()),
              absl::FromUnixSeconds(before.event_time().seconds()) +
                  absl::Nanoseconds(before.event_time().nanos()));
  }
}

TEST(Clock, WhatEndedDoesNotBeginAgain) {
  TestServer server;
  const std::string file = server.RegisteredFile().name;
  const std::string ends = absl::StrCat(
      "expire_time { seconds: ",
      absl::ToUnixSeconds(server.clock().Now() + absl::Hours(1)), " }");
  const std::string consent = GetString(
      *MustSend(server, "iom-tn/cm", "CreateConsent",
                absl::StrCat("parent: '", file,
                             "' consent { scope: SHARE_WITH_PARTNER recipient: "
                             "'missions/ngo-tn' language: 'ar' form: WRITTEN ",
                             ends, " }"))
           .answer,
      "name");
  const std::string grant = GetString(
      *MustSend(server, "iom-tn/fp", "CreateGrant",
                absl::StrCat("parent: '", file,
                             "' grant { recipient: 'missions/ngo-tn' mode: "
                             "READ purpose: SERVICE_PROVISION basis: CONSENT "
                             "consent: '",
                             consent, "' }"))
           .answer,
      "name");
  MustSend(server, "ngo-tn/fp", "AcceptGrant", Named(grant));
  EXPECT_THAT(Look(server, "ngo-tn/fp", file), IsOk());
  server.clock().Advance(absl::Hours(2));
  EXPECT_THAT(Look(server, "ngo-tn/fp", file), HasReason("NOT_VISIBLE"));
  for (const absl::Duration back :
       {absl::Minutes(90), absl::Hours(24), absl::Hours(24 * 365)}) {
    server.clock().Advance(-back);
    EXPECT_THAT(Look(server, "ngo-tn/fp", file), HasReason("NOT_VISIBLE"));
  }
}

}  // namespace
}  // namespace passerelle::testing
