#include "server/domain/visibility.h"

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/grant.pb.h"
#include "passerelle/v1/person.pb.h"
#include "server/domain/dates.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;
using ::passerelle::internal::v1::CaseFacts;

constexpr char kHost[] = "missions/be";
constexpr char kTransit[] = "missions/tn";
constexpr char kOrigin[] = "missions/ma";
constexpr char kOwner[] = "missions/de";
constexpr char kStranger[] = "missions/fr";

const absl::Time kNow = absl::FromUnixSeconds(1767225600);  // 2026-01-01

constexpr EnumSet kNone = 0;
constexpr EnumSet kRoutine = Bit(options::ROUTINE);
constexpr EnumSet kFull = Bit(options::ROUTINE) | Bit(options::IDENTITY) |
                          Bit(options::CONTACT) | Bit(options::DOCUMENT) |
                          Bit(options::VULNERABILITY) | Bit(options::FINANCE);

pb::Case File(pb::Case::Stage stage) {
  pb::Case file;
  file.set_name("cases/c1");
  file.set_stage(stage);
  file.set_host_mission(kHost);
  file.set_owner_mission(kOwner);
  file.add_transit_missions(kTransit);
  file.set_origin_mission(kOrigin);
  return file;
}

CaseFacts Consented() {
  CaseFacts facts;
  auto* fact = facts.add_consents();
  fact->set_id("k1");
  fact->set_scope(pb::Consent::SHARE_WITH_ORIGIN_MISSION);
  fact->set_recipient(kOrigin);
  return facts;
}

Actor Of(const std::string& mission,
         EnumSet officer_roles = Bit(options::CASE_MANAGER)) {
  Actor actor;
  actor.mission = mission;
  actor.mission_kind = options::IOM_MISSION;
  actor.officer_roles = officer_roles;
  return actor;
}

TEST(VisibilityTest, RoleByStageByConsent) {
  struct Row {
    const char* mission;
    EnumSet roles;    // once sent, with consent
    EnumSet classes;  // likewise
    bool always;      // also before sending and without consent
  };
  const Row rows[] = {
      {kHost, Bit(options::HOST), kFull, true},
      {kOwner, Bit(options::OWNER), kFull, true},
      {kOrigin, Bit(options::ORIGIN), kFull, false},
      {kTransit, Bit(options::TRANSIT), kRoutine, false},
      {kStranger, kNone, kNone, false},
      {"", kNone, kNone, false},
  };
  const CaseFacts consented = Consented();
  for (int stage = pb::Case::REGISTERED; stage <= pb::Case::WITHDRAWN;
       ++stage) {
    const pb::Case file = File(static_cast<pb::Case::Stage>(stage));
    const bool sent =
        stage != pb::Case::REGISTERED && stage != pb::Case::WITHDRAWN;
    for (const bool consent : {false, true}) {
      const CaseFacts facts = consent ? consented : CaseFacts();
      for (const Row& row : rows) {
        SCOPED_TRACE(
            absl::StrCat(row.mission, " stage ", stage, " consent ", consent));
        const bool sees = row.always || (sent && consent);
        const Relation relation =
            RelationTo(file, facts, Of(row.mission), kNow);
        EXPECT_EQ(relation.roles, sees ? row.roles : kNone);
        EXPECT_EQ(relation.classes, sees ? row.classes : kNone);
        EXPECT_EQ(relation.consent, sees && !row.always && row.roles != kNone
                                        ? "cases/c1/consents/k1"
                                        : "");
      }
    }
  }
}

TEST(VisibilityTest, AFileIsSentOnceAndForAll) {
  for (int stage = pb::Case::REGISTERED; stage <= pb::Case::Stage_MAX;
       ++stage) {
    if (stage == pb::Case::ERASED) continue;  // a life of its own
    SCOPED_TRACE(stage);
    pb::Case file = File(static_cast<pb::Case::Stage>(stage));
    file.mutable_sent_time()->set_seconds(1);
    EXPECT_EQ(RelationTo(file, Consented(), Of(kOrigin), kNow).classes, kFull);
    EXPECT_FALSE(RelationTo(file, {}, Of(kOrigin), kNow).sees());
  }
  for (const auto stage :
       {pb::Case::SELF_PRESENTED, pb::Case::CONTACTED, pb::Case::COUNSELLED,
        pb::Case::ELIGIBLE, pb::Case::INELIGIBLE, pb::Case::SUSPENDED,
        pb::Case::WITHDRAWN, pb::Case::PERSON_DECEASED,
        pb::Case::ADMIN_CLOSED}) {
    EXPECT_FALSE(
        RelationTo(File(stage), Consented(), Of(kOrigin), kNow).sees());
  }
}

TEST(VisibilityTest, TheHostOfARetroactiveFileSeesItUnderAConsentTowardsIt) {
  pb::Case file = File(pb::Case::SELF_PRESENTED);
  file.set_retroactive(true);
  file.set_owner_mission(kOrigin);
  EXPECT_EQ(RelationTo(file, {}, Of(kOrigin), kNow).roles,
            Bit(options::OWNER) | Bit(options::ORIGIN));
  CaseFacts facts = Consented();  // towards the origin mission: it is there
  file.mutable_sent_time()->set_seconds(1);
  EXPECT_FALSE(RelationTo(file, facts, Of(kHost), kNow).sees());
  facts.mutable_consents(0)->set_scope(pb::Consent::SHARE_WITH_HOST_MISSION);
  facts.mutable_consents(0)->set_recipient(kHost);
  EXPECT_EQ(RelationTo(file, facts, Of(kHost), kNow).roles, Bit(options::HOST));
  EXPECT_EQ(RelationTo(file, facts, Of(kHost), kNow).consent,
            "cases/c1/consents/k1");
  EXPECT_EQ(RelationTo(file, facts, Of(kTransit), kNow).classes, kRoutine);
  file.clear_sent_time();
  EXPECT_FALSE(RelationTo(file, facts, Of(kHost), kNow).sees());
}

TEST(VisibilityTest, AHostThatOwnsTheFileIsBoth) {
  pb::Case file = File(pb::Case::REGISTERED);
  file.set_owner_mission(kHost);
  EXPECT_EQ(RelationTo(file, {}, Of(kHost), kNow).roles,
            Bit(options::HOST) | Bit(options::OWNER));
}

TEST(VisibilityTest, AConsentTowardsAnotherOrOfAnotherScopeOpensNothing) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  CaseFacts facts = Consented();
  facts.mutable_consents(0)->set_recipient(kStranger);
  EXPECT_FALSE(RelationTo(file, facts, Of(kOrigin), kNow).sees());
  EXPECT_FALSE(RelationTo(file, facts, Of(kStranger), kNow).sees());
  facts = Consented();
  facts.mutable_consents(0)->set_scope(pb::Consent::SHARE_WITH_ORIGIN_MISSION +
                                       1);
  EXPECT_FALSE(RelationTo(file, facts, Of(kOrigin), kNow).sees());
}

TEST(VisibilityTest, ARoleOfAnotherOrganisationOpensTheStatusAlone) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  for (const EnumSet roles :
       {kNone, Bit(options::CONSULAR_OFFICER), Bit(options::BORDER_OFFICER),
        Bit(options::SERVICE_PROVIDER), Bit(options::GUARDIAN)}) {
    for (const char* mission : {kHost, kOwner, kOrigin}) {
      EXPECT_EQ(RelationTo(file, Consented(), Of(mission, roles), kNow).classes,
                kRoutine);
    }
  }
}

TEST(VisibilityTest, MedicalAndProtectionAreForTheOfficersNamedForThem) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  CaseFacts facts = Consented();
  auto* shared = facts.add_consents();
  shared->set_id("k2");
  shared->set_scope(pb::Consent::SHARE_MEDICAL);
  shared->set_recipient(kOrigin);
  const EnumSet medical = Bit(options::MEDICAL_OFFICER);
  const EnumSet protection = Bit(options::PROTECTION_OFFICER);
  for (const char* mission : {kHost, kOwner, kOrigin}) {
    EXPECT_EQ(RelationTo(file, facts, Of(mission, medical), kNow).classes,
              kFull | Bit(options::MEDICAL));
    EXPECT_EQ(RelationTo(file, facts, Of(mission, medical | protection), kNow)
                  .classes,
              kFull | Bit(options::MEDICAL) | Bit(options::PROTECTION));
    EXPECT_EQ(RelationTo(file, facts,
                         Of(mission, Bit(options::FOCAL_POINT) |
                                         Bit(options::CASE_MANAGER)),
                         kNow)
                  .classes,
              kFull);
  }
  EXPECT_EQ(
      RelationTo(file, facts, Of(kTransit, medical | protection), kNow).classes,
      kRoutine);
  EXPECT_EQ(RelationTo(file, facts, Of(kStranger, medical | protection), kNow)
                .classes,
            kNone);
  // Before a file is sent, a role lifts nothing for those who do not see it.
  EXPECT_EQ(
      RelationTo(File(pb::Case::REGISTERED), facts, Of(kOrigin, medical), kNow)
          .classes,
      kNone);
}

TEST(VisibilityTest, NobodySeesSealedContent) {
  const EnumSet every_role = ~EnumSet{0};
  for (const char* mission : {kHost, kOwner, kOrigin, kTransit}) {
    const Relation relation = RelationTo(File(pb::Case::ACCEPTED), Consented(),
                                         Of(mission, every_role), kNow);
    EXPECT_EQ(relation.classes & Bit(options::SEALED), kNone);
  }
}

TEST(VisibilityTest, ADraftExistsForItsInitiatorOnly) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  const CaseFacts facts = Consented();
  const auto to = [&](const char* mission, const pb::FeasibilityStudy& study) {
    return RelationToResource(RelationTo(file, facts, Of(mission), kNow), study,
                              facts, Of(mission), kNow);
  };
  pb::FeasibilityStudy study;
  pb::Exchange& header = *study.mutable_exchange();
  header.set_initiator(kHost);
  header.set_counterpart(kOrigin);
  EXPECT_EQ(to(kHost, study).roles,
            Bit(options::HOST) | Bit(options::INITIATOR));
  EXPECT_FALSE(to(kOrigin, study).sees());
  EXPECT_EQ(to(kOrigin, study).classes, kNone);
  header.mutable_send_time()->set_seconds(1);
  EXPECT_EQ(to(kOrigin, study).roles,
            Bit(options::ORIGIN) | Bit(options::COUNTERPART));
  EXPECT_EQ(to(kOrigin, study).consent, "cases/c1/consents/k1");
  // A position in an exchange does not open the file.
  header.set_initiator(kStranger);
  header.set_counterpart(kStranger);
  EXPECT_FALSE(to(kStranger, study).sees());
}

TEST(VisibilityTest, MedicalContentIsSharedUnderItsOwnConsent) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  CaseFacts facts = Consented();
  const Actor doctor = Of(kOrigin, Bit(options::MEDICAL_OFFICER));
  EXPECT_EQ(RelationTo(file, facts, doctor, kNow).classes, kFull);
  auto* medical = facts.add_consents();
  medical->set_id("k2");
  medical->set_scope(pb::Consent::SHARE_MEDICAL);
  medical->set_recipient(kOrigin);
  EXPECT_EQ(RelationTo(file, facts, doctor, kNow).classes,
            kFull | Bit(options::MEDICAL));
  EXPECT_EQ(RelationTo(file, facts, Of(kOrigin), kNow).classes, kFull);
}

TEST(VisibilityTest, AConsentForOtherPurposesOpensNothing) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  CaseFacts facts = Consented();
  facts.mutable_consents(0)->set_purposes(Bit(options::MONITORING));
  EXPECT_FALSE(RelationTo(file, facts, Of(kOrigin), kNow).sees());
  facts.mutable_consents(0)->set_purposes(Bit(options::MONITORING) |
                                          Bit(options::CASE_MANAGEMENT));
  EXPECT_TRUE(RelationTo(file, facts, Of(kOrigin), kNow).sees());
}

TEST(VisibilityTest, AConsentEndsByItself) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  CaseFacts facts = Consented();
  facts.mutable_consents(0)->mutable_expire_time()->set_seconds(
      absl::ToUnixSeconds(kNow));
  EXPECT_TRUE(
      RelationTo(file, facts, Of(kOrigin), kNow - absl::Seconds(1)).sees());
  EXPECT_FALSE(RelationTo(file, facts, Of(kOrigin), kNow).sees());
  EXPECT_TRUE(RelationTo(file, facts, Of(kHost), kNow).sees());
}

TEST(VisibilityTest, PartnersOfTheOwnCountryOfARefugeeSeeNothing) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  CaseFacts facts = Consented();
  Actor origin = Of(kOrigin, Bit(options::PROTECTION_OFFICER));
  origin.country = "MA";
  EXPECT_TRUE(RelationTo(file, facts, origin, kNow).sees());
  facts.add_barred_countries("MA");
  EXPECT_FALSE(RelationTo(file, facts, origin, kNow).sees());
  origin.country = "TN";
  EXPECT_TRUE(RelationTo(file, facts, origin, kNow).sees());
}

class GrantedTest : public ::testing::Test {
 protected:
  GrantedTest() {
    auto* consent = facts_.add_consents();
    consent->set_id("k9");
    consent->set_scope(pb::Consent::SHARE_WITH_ORIGIN_AUTHORITIES);
    consent->set_recipient(kStranger);
    grant_ = facts_.add_grants();
    grant_->set_id("g1");
    grant_->set_recipient(kStranger);
    grant_->set_mode(pb::Grant::READ);
    grant_->set_purpose(options::TRAVEL_DOCUMENTS);
    grant_->set_consent("k9");
    grant_->set_in_force(true);
    consul_.mission = kStranger;
    consul_.mission_kind = options::CONSULATE;
    consul_.officer_roles = Bit(options::CONSULAR_OFFICER);
  }

  Relation Of(const Actor& actor) const {
    return RelationTo(file_, facts_, actor, kNow);
  }

  pb::Case file_ = File(pb::Case::ACCEPTED);
  CaseFacts facts_ = Consented();
  ::passerelle::internal::v1::GrantFact* grant_;
  Actor consul_;
};

TEST_F(GrantedTest, TheBorderKnowsWhoTravelsAroundTheDayOfTravel) {
  grant_->set_purpose(options::BORDER_FACILITATION);
  Actor border = consul_;
  border.mission_kind = options::BORDER;
  border.officer_roles = Bit(options::BORDER_OFFICER);
  const EnumSet always = kRoutine | Bit(options::DOCUMENT);
  EXPECT_EQ(Of(border).classes, always);  // no day is known
  const absl::CivilDay today = absl::ToCivilDay(kNow, absl::UTCTimeZone());
  for (const int days : {-3, -2, 0, 2, 3}) {
    SCOPED_TRACE(days);
    const bool near = std::abs(days) <= 2;
    const EnumSet seen = near ? always | Bit(options::IDENTITY) : always;
    file_.clear_departure_time();
    *file_.mutable_travel_date() = ToDate(today + days);
    EXPECT_EQ(Of(border).classes, seen);
    file_.clear_travel_date();
    file_.mutable_departure_time()->set_seconds(
        absl::ToUnixSeconds(kNow + absl::Hours(24 * days)));
    EXPECT_EQ(Of(border).classes, seen);
  }
}

TEST_F(GrantedTest, AConsulateSeesWhatATravelDocumentNeeds) {
  const Relation relation = Of(consul_);
  EXPECT_EQ(relation.roles, Bit(options::PARTICIPANT));
  EXPECT_EQ(relation.classes,
            kRoutine | Bit(options::IDENTITY) | Bit(options::DOCUMENT));
  EXPECT_EQ(relation.grant, "cases/c1/grants/g1");
  EXPECT_EQ(relation.consent, "cases/c1/consents/k9");
}

TEST_F(GrantedTest, AGrantNarrowsAndNeverWidens) {
  grant_->set_classes(Bit(options::IDENTITY) | Bit(options::MEDICAL) |
                      Bit(options::PROTECTION));
  EXPECT_EQ(Of(consul_).classes, kRoutine | Bit(options::IDENTITY));
}

TEST_F(GrantedTest, TheConsentUnderItIsAskedEachTime) {
  facts_.mutable_consents()->RemoveLast();
  EXPECT_FALSE(Of(consul_).sees());
}

TEST_F(GrantedTest, AnOfferShowsTheOfferAlone) {
  grant_->set_in_force(false);
  EXPECT_EQ(Of(consul_).roles, Bit(options::OFFEREE));
  EXPECT_EQ(Of(consul_).classes, kRoutine);
}

TEST_F(GrantedTest, ItEndsByItselfAndIsNobodyElses) {
  Actor other = consul_;
  other.mission = "missions/elsewhere";
  EXPECT_FALSE(Of(other).sees());
  grant_->mutable_expire_time()->set_seconds(absl::ToUnixSeconds(kNow));
  EXPECT_FALSE(Of(consul_).sees());
}

TEST_F(GrantedTest, OtherGrantsAndConsentsAreNotTheirBusiness) {
  const auto to = [&](const google::protobuf::Message& resource) {
    return RelationToResource(Of(consul_), resource, facts_, consul_, kNow)
        .sees();
  };
  pb::Grant grant;
  grant.set_name("cases/c1/grants/g2");
  grant.set_recipient(kOrigin);
  EXPECT_FALSE(to(grant));
  grant.set_recipient(kStranger);
  EXPECT_TRUE(to(grant));
  pb::Consent consent;
  consent.set_name("cases/c1/consents/k1");
  consent.set_recipient(kOrigin);
  EXPECT_FALSE(to(consent));
  consent.set_recipient(kStranger);
  EXPECT_TRUE(to(consent));
}

TEST_F(GrantedTest, AnAdultMemberOfTheFamilyConsentsForThemselves) {
  const auto to = [&](const pb::Person& person) {
    return RelationToResource(Of(consul_), person, facts_, consul_, kNow);
  };
  pb::Person person;
  person.set_name("cases/c1/persons/h1");
  person.set_relation(pb::Person::SPOUSE);
  EXPECT_FALSE(to(person).sees());  // of unknown age
  person.mutable_birth_date()->set_precision(pb::BirthDate::YEAR);
  person.mutable_birth_date()->mutable_date()->set_year(1990);
  EXPECT_FALSE(to(person).sees());
  auto* own = facts_.add_consents();
  own->set_id("k8");
  own->set_scope(pb::Consent::SHARE_WITH_ORIGIN_AUTHORITIES);
  own->set_recipient(kStranger);
  own->set_subject("h1");
  EXPECT_EQ(to(person).consent, "cases/c1/consents/k8");
  own->set_scope(pb::Consent::SHARE_WITH_PARTNER);
  EXPECT_FALSE(to(person).sees());
  person.set_relation(pb::Person::PRINCIPAL);
  EXPECT_TRUE(to(person).sees());
  person.set_relation(pb::Person::CHILD);
  person.mutable_birth_date()->mutable_date()->set_year(2015);
  EXPECT_TRUE(to(person).sees());
}

TEST(VisibilityTest, WhoHasToConfirmARecallSeesNothingElse) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  CaseFacts facts;
  auto* recall = facts.add_recalls();
  recall->set_mission(kOrigin);
  recall->set_consent("k1");
  const Relation relation = RelationTo(file, facts, Of(kOrigin), kNow);
  EXPECT_EQ(relation.roles, Bit(options::RECALLED));
  EXPECT_EQ(relation.classes, kNone);
  pb::Consent consent;
  consent.set_name("cases/c1/consents/k1");
  EXPECT_EQ(
      RelationToResource(relation, consent, facts, Of(kOrigin), kNow).roles,
      Bit(options::RECALLED));
  pb::FeasibilityStudy study;
  study.mutable_exchange()->set_counterpart(kOrigin);
  study.mutable_exchange()->mutable_send_time()->set_seconds(1);
  EXPECT_FALSE(
      RelationToResource(relation, study, facts, Of(kOrigin), kNow).sees());
  consent.set_name("cases/c1/consents/k2");
  EXPECT_FALSE(
      RelationToResource(relation, consent, facts, Of(kOrigin), kNow).sees());
}

}  // namespace
}  // namespace passerelle::domain
