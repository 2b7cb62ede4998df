// Files shared with partners, and handed over: what is offered, accepted,
// changed, recalled, and what each side sees at each step.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/grant.pb.h"
#include "passerelle/v1/person.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::Contains;
using ::testing::ElementsAre;

class Grants : public ::testing::Test {
 protected:
  std::string Consent(const std::string& scope, const std::string& recipient) {
    return Must<pb::Consent>(server_, "iom-tn/cm", "CreateConsent",
                             absl::StrCat("parent: '", file_.name,
                                          "' consent { scope: ", scope,
                                          " recipient: 'missions/", recipient,
                                          "' language: 'ar' form: WRITTEN }"))
        .name();
  }
  Reply TryOffer(const std::string& recipient, const std::string& purpose,
                 const std::string& consent, const std::string& more = "",
                 const std::string& mode = "READ") {
    return Send(
        server_, "iom-tn/fp", "CreateGrant",
        absl::StrCat("parent: '", file_.name, "' grant { recipient: 'missions/",
                     recipient, "' mode: ", mode, " purpose: ", purpose,
                     " basis: CONSENT consent: '", consent, "' ", more, " }"));
  }
  std::string Offer(const std::string& more = "") {
    const Reply reply = TryOffer("ngo-tn", "SERVICE_PROVISION", consent_, more);
    EXPECT_THAT(reply, IsOk());
    return reply.as<pb::Grant>().name();
  }
  Reply Do(absl::string_view who, absl::string_view method,
           const std::string& grant, const std::string& more = "") {
    return Send(server_, who, method, Named(grant) + more);
  }
  pb::Case SeenBy(absl::string_view who) {
    return Must<pb::Case>(server_, who, "GetCase", Named(file_.name));
  }

  TestServer server_;
  const TestServer::File file_ = server_.ProposedFile();
  const std::string consent_ = Consent("SHARE_WITH_PARTNER", "ngo-tn");
};

TEST_F(Grants, ThePreviewComesBeforeTheFile) {
  const std::string grant = Offer();
  EXPECT_THAT(Events(server_, "ngo-tn", grant), ElementsAre("CreateGrant"));
  const auto offered =
      Must<pb::Grant>(server_, "ngo-tn/fp", "GetGrant", Named(grant));
  EXPECT_EQ(offered.preview().person_count(), 1);
  EXPECT_EQ(offered.preview().stage(), pb::Case::PROPOSED);
  EXPECT_THAT(offered.preview().contents(), ElementsAre("plans"));
  EXPECT_THAT(Look(server_, "ngo-tn/fp", file_.name), HasReason("NOT_VISIBLE"));
  ASSERT_THAT(Do("ngo-tn/fp", "AcceptGrant", grant), IsOk());
  const pb::Case seen = SeenBy("ngo-tn/fp");
  EXPECT_EQ(seen.principal().given_name(), "Salma");
  EXPECT_EQ(seen.principal().return_region(), "Souss-Massa");
  EXPECT_THAT(Look(server_, "ngo-tn/fp", file_.plan),
              HasReason("OFFICER_NOT_AUTHORIZED"));
  // Others are not told of it.
  EXPECT_THAT(Look(server_, "iom-ma/fp", grant), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Events(server_, "iom-ma", grant), ElementsAre());
}

TEST_F(Grants, AGrantNarrowsTheFile) {
  const std::string grant = Offer("classes: IDENTITY");
  ASSERT_THAT(Do("ngo-tn/fp", "AcceptGrant", grant), IsOk());
  EXPECT_EQ(SeenBy("ngo-tn/fp").principal().given_name(), "Salma");
  EXPECT_EQ(SeenBy("ngo-tn/fp").principal().return_region(), "");
  // What was kept back is revealed later by changing the grant, which keeps
  // what it was.
  ASSERT_THAT(Do("iom-tn/fp", "AmendGrant", grant, "mode: READ"), IsOk());
  EXPECT_EQ(SeenBy("ngo-tn/fp").principal().return_region(), "Souss-Massa");
  const auto amended =
      Must<pb::Grant>(server_, "iom-tn/fp", "GetGrant", Named(grant));
  ASSERT_EQ(amended.revisions_size(), 1);
  EXPECT_THAT(amended.revisions(0).classes(),
              ElementsAre(passerelle::options::v1::IDENTITY));
}

TEST_F(Grants, ARecallIsInstantAndTheFileCanBeSharedAgain) {
  std::string grant = Offer();
  ASSERT_THAT(Do("ngo-tn/fp", "AcceptGrant", grant), IsOk());
  ASSERT_THAT(Do("iom-tn/cm", "RecallGrant", grant), IsOk());
  EXPECT_THAT(Look(server_, "ngo-tn/fp", file_.name), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Events(server_, "ngo-tn", grant), Contains("RecallGrant"));
  grant = Offer();
  EXPECT_THAT(TryOffer("ngo-tn", "SERVICE_PROVISION", consent_),
              HasReason("GRANT_EXISTS"));
  ASSERT_THAT(Do("ngo-tn/fp", "AcceptGrant", grant), IsOk());
  EXPECT_THAT(Look(server_, "ngo-tn/fp", file_.name), IsOk());
  ASSERT_THAT(Do("ngo-tn/fp", "ReturnGrant", grant), IsOk());
  EXPECT_THAT(Look(server_, "ngo-tn/fp", file_.name), HasReason("NOT_VISIBLE"));
}

TEST_F(Grants, WithdrawingTheConsentRecallsThemAndAsksForConfirmation) {
  const std::string grant = Offer();
  ASSERT_THAT(Do("ngo-tn/fp", "AcceptGrant", grant), IsOk());
  const auto withdrawn = Must<pb::Consent>(server_, "iom-tn/cm",
                                           "WithdrawConsent", Named(consent_));
  ASSERT_EQ(withdrawn.recalls_size(), 1);
  EXPECT_EQ(withdrawn.recalls(0).mission(), "missions/ngo-tn");
  EXPECT_FALSE(withdrawn.recalls(0).has_confirm_time());
  EXPECT_THAT(Look(server_, "ngo-tn/fp", file_.name), HasReason("NOT_VISIBLE"));
  EXPECT_EQ(
      Must<pb::Grant>(server_, "iom-tn/fp", "GetGrant", Named(grant)).state(),
      pb::Grant::RECALLED);
  const Reply confirmed =
      Do("ngo-tn/fp", "ConfirmRecall", consent_, "comment: 'deleted'");
  ASSERT_THAT(confirmed, IsOk());
  EXPECT_EQ(confirmed.as<pb::Consent>().name(), "");
  EXPECT_THAT(Do("ngo-tn/fp", "ConfirmRecall", consent_),
              HasReason("NOTHING_TO_CONFIRM"));
  EXPECT_THAT(Do("ngo-es/fp", "ConfirmRecall", consent_),
              HasReason("NOT_VISIBLE"));
  const auto seen =
      Must<pb::Consent>(server_, "iom-tn/cm", "GetConsent", Named(consent_));
  EXPECT_TRUE(seen.recalls(0).has_confirm_time());
  EXPECT_EQ(seen.recalls(0).comment(), "deleted");
}

TEST_F(Grants, WhatPolicyOrConsentDoNotAllowIsNotOffered) {
  EXPECT_THAT(
      TryOffer("ngo-tn", "SERVICE_PROVISION", consent_, "classes: MEDICAL"),
      HasReason("GRANT_CLASSES_INVALID"));
  EXPECT_THAT(TryOffer("ngo-tn", "TRAVEL_DOCUMENTS", consent_),
              HasReason("GRANT_RECIPIENT_INVALID"));
  EXPECT_THAT(TryOffer("ngo-es", "SERVICE_PROVISION", consent_),
              HasReason("CONSENT_MISSING"));
  EXPECT_THAT(TryOffer("iom-ma", "CASE_MANAGEMENT", file_.consent),
              HasReason("GRANT_RECIPIENT_INVALID"));
  EXPECT_THAT(TryOffer("nobody", "SERVICE_PROVISION", consent_),
              HasReason("COUNTERPART_NOT_ACCREDITED"));
  EXPECT_THAT(TryOffer("ngo-tn", "SERVICE_PROVISION", consent_,
                       "expire_time { seconds: 1000 }"),
              HasReason("FIELD_INVALID"));
  const std::string authorities =
      Consent("SHARE_WITH_ORIGIN_AUTHORITIES", "consulate-ma");
  EXPECT_THAT(TryOffer("consulate-ma", "TRAVEL_DOCUMENTS", authorities,
                       "classes: PROTECTION"),
              HasReason("GRANT_CLASSES_INVALID"));
  EXPECT_THAT(TryOffer("consulate-ma", "TRAVEL_DOCUMENTS", consent_),
              HasReason("CONSENT_MISSING"));
  EXPECT_THAT(TryOffer("consulate-ma", "TRAVEL_DOCUMENTS", authorities),
              IsOk());
}

TEST_F(Grants, AConsulateSeesWhatATravelDocumentNeeds) {
  const Reply offer =
      TryOffer("consulate-ma", "TRAVEL_DOCUMENTS",
               Consent("SHARE_WITH_ORIGIN_AUTHORITIES", "consulate-ma"));
  ASSERT_THAT(offer, IsOk());
  ASSERT_THAT(
      Do("consulate-ma/fp", "AcceptGrant", offer.as<pb::Grant>().name()),
      IsOk());
  const pb::Case seen = SeenBy("consulate-ma/fp");
  EXPECT_EQ(seen.principal().family_name(), "Essai");
  EXPECT_EQ(seen.principal().return_region(), "");
}

TEST_F(Grants, OverridingConsentTakesTwoOfficersAndEnds) {
  const auto offer = [&](const std::string& more) {
    return Send(server_, "iom-tn/fp", "CreateGrant",
                absl::StrCat("parent: '", file_.name,
                             "' grant { recipient: 'missions/ngo-es' mode: "
                             "READ purpose: SERVICE_PROVISION basis: "
                             "VITAL_INTERESTS ",
                             more, " }"));
  };
  EXPECT_THAT(offer("justification: 'At sea.'"), HasReason("FIELD_INVALID"));
  const std::string soon = absl::StrCat(
      "expire_time { seconds: ",
      absl::ToUnixSeconds(server_.clock().Now() + absl::Hours(48)), " }");
  EXPECT_THAT(offer(soon), HasReason("FIELD_INVALID"));
  const Reply asked = offer("justification: 'At sea.' " + soon);
  ASSERT_THAT(asked, IsOk());
  const std::string grant = asked.as<pb::Grant>().name();
  EXPECT_EQ(asked.as<pb::Grant>().state(), pb::Grant::AWAITING_APPROVAL);
  EXPECT_THAT(Look(server_, "ngo-es/fp", grant), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Do("iom-tn/fp", "ApproveGrant", grant),
              HasReason("SECOND_OFFICER_REQUIRED"));
  ASSERT_THAT(Do("iom-tn/po", "ApproveGrant", grant), IsOk());
  Consent("SHARE_WITH_PARTNER", "iom-de");
  EXPECT_THAT(
      Do("ngo-es/fp", "ForwardGrant", grant, "recipient: 'missions/iom-de'"),
      HasReason("CONSENT_MISSING"));
  ASSERT_THAT(Do("ngo-es/fp", "AcceptGrant", grant), IsOk());
  EXPECT_THAT(Look(server_, "ngo-es/fp", file_.name), IsOk());
  server_.clock().Advance(absl::Hours(49));
  EXPECT_THAT(Look(server_, "ngo-es/fp", file_.name), HasReason("NOT_VISIBLE"));
}

TEST_F(Grants, AnOfferIsForwardedToWhomTheConsentCovers) {
  const std::string grant = Offer();
  EXPECT_THAT(
      Do("ngo-tn/fp", "ForwardGrant", grant, "recipient: 'missions/ngo-es'"),
      HasReason("CONSENT_MISSING"));
  Consent("SHARE_WITH_PARTNER", "ngo-es");
  ASSERT_THAT(
      Do("ngo-tn/fp", "ForwardGrant", grant, "recipient: 'missions/ngo-es'"),
      IsOk());
  EXPECT_THAT(Look(server_, "ngo-tn/fp", grant), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Events(server_, "ngo-es", grant), ElementsAre("ForwardGrant"));
  ASSERT_THAT(Do("ngo-es/fp", "AcceptGrant", grant), IsOk());
  EXPECT_THAT(Look(server_, "ngo-es/fp", file_.name), IsOk());
}

TEST_F(Grants, AHandOverMovesTheWholeFile) {
  const Reply offer =
      TryOffer("iom-ma", "CASE_MANAGEMENT", file_.consent, "", "OWN");
  ASSERT_THAT(offer, IsOk());
  const std::string grant = offer.as<pb::Grant>().name();
  EXPECT_THAT(TryOffer("iom-ma", "CASE_MANAGEMENT", file_.consent,
                       "classes: IDENTITY", "OWN"),
              HasReason("GRANT_CLASSES_INVALID"));
  ASSERT_THAT(Do("iom-ma/fp", "AcceptGrant", grant), IsOk());
  EXPECT_EQ(SeenBy("iom-tn/cm").owner_mission(), "missions/iom-ma");
  const std::string child =
      absl::StrCat("parent: '", file_.name,
                   "' person { relation: CHILD sex: MALE names { kind: USUAL "
                   "given: 'Adam' } }");
  EXPECT_THAT(Send(server_, "iom-tn/cm", "CreatePerson", child),
              HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Send(server_, "iom-ma/cm", "CreatePerson", child), IsOk());
}

TEST_F(Grants, WhatTheFormerOwnerHasOpenIsTheNewOwners) {
  // A third mission owns the file in between: its studies move on.
  MustSend(server_, "iom-tn/cm", "CreateConsent",
           absl::StrCat("parent: '", file_.name,
                        "' consent { scope: SHARE_WITH_PARTNER recipient: "
                        "'missions/iom-de' language: 'ar' form: WRITTEN }"));
  const auto study = server_.RequestedStudy(file_);
  const Reply offer = TryOffer(
      "iom-de", "CASE_MANAGEMENT",
      Must<pb::ListConsentsResponse>(server_, "iom-tn/cm", "ListConsents",
                                     absl::StrCat("parent: '", file_.name, "'"))
          .consents()
          .rbegin()
          ->name(),
      "", "OWN");
  ASSERT_THAT(offer, IsOk());
  ASSERT_THAT(Do("iom-de/fp", "AcceptGrant", offer.as<pb::Grant>().name()),
              IsOk());
  const auto moved = Must<pb::FeasibilityStudy>(
      server_, "iom-ma/ro", "GetFeasibilityStudy", Named(study.name()));
  EXPECT_EQ(moved.exchange().initiator(), "missions/iom-de");
  EXPECT_EQ(moved.exchange().counterpart(), "missions/iom-ma");
  EXPECT_THAT(Events(server_, "iom-ma", study.name()), Contains("HandOver"));
}

}  // namespace
}  // namespace passerelle::testing
