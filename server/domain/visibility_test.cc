#include "server/domain/visibility.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "passerelle/v1/consent.pb.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;
using ::passerelle::internal::v1::CaseFacts;

constexpr char kHost[] = "missions/be";
constexpr char kTransit[] = "missions/tn";
constexpr char kOrigin[] = "missions/ma";
constexpr char kOwner[] = "missions/de";
constexpr char kStranger[] = "missions/fr";

constexpr EnumSet kNone = 0;
constexpr EnumSet kRoutine = Bit(options::ROUTINE);
constexpr EnumSet kFull = Bit(options::ROUTINE) | Bit(options::IDENTITY) |
                          Bit(options::CONTACT) | Bit(options::DOCUMENT) |
                          Bit(options::FINANCE);

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

Actor Of(const std::string& mission, EnumSet officer_roles = 0) {
  Actor actor;
  actor.mission = mission;
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
    const bool sent = stage != pb::Case::REGISTERED;
    for (const bool consent : {false, true}) {
      const CaseFacts facts = consent ? consented : CaseFacts();
      for (const Row& row : rows) {
        SCOPED_TRACE(
            absl::StrCat(row.mission, " stage ", stage, " consent ", consent));
        const bool sees = row.always || (sent && consent);
        const Relation relation = RelationTo(file, facts, Of(row.mission));
        EXPECT_EQ(relation.roles, sees ? row.roles : kNone);
        EXPECT_EQ(relation.classes, sees ? row.classes : kNone);
        EXPECT_EQ(relation.consent, sees && !row.always && row.roles != kNone
                                        ? "cases/c1/consents/k1"
                                        : "");
        EXPECT_EQ(SeesFile(file, facts, row.mission), relation.sees());
      }
    }
  }
}

TEST(VisibilityTest, AHostThatOwnsTheFileIsBoth) {
  pb::Case file = File(pb::Case::REGISTERED);
  file.set_owner_mission(kHost);
  EXPECT_EQ(RelationTo(file, {}, Of(kHost)).roles,
            Bit(options::HOST) | Bit(options::OWNER));
}

TEST(VisibilityTest, AConsentTowardsAnotherOrOfAnotherScopeOpensNothing) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  CaseFacts facts = Consented();
  facts.mutable_consents(0)->set_recipient(kStranger);
  EXPECT_FALSE(RelationTo(file, facts, Of(kOrigin)).sees());
  EXPECT_FALSE(RelationTo(file, facts, Of(kStranger)).sees());
  facts = Consented();
  facts.mutable_consents(0)->set_scope(pb::Consent::SHARE_WITH_ORIGIN_MISSION +
                                       1);
  EXPECT_FALSE(RelationTo(file, facts, Of(kOrigin)).sees());
}

TEST(VisibilityTest, MedicalAndProtectionAreForTheOfficersNamedForThem) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  const CaseFacts facts = Consented();
  const EnumSet medical = Bit(options::MEDICAL_OFFICER);
  const EnumSet protection = Bit(options::PROTECTION_OFFICER);
  for (const char* mission : {kHost, kOwner, kOrigin}) {
    EXPECT_EQ(RelationTo(file, facts, Of(mission, medical)).classes,
              kFull | Bit(options::MEDICAL));
    EXPECT_EQ(
        RelationTo(file, facts, Of(mission, medical | protection)).classes,
        kFull | Bit(options::MEDICAL) | Bit(options::PROTECTION));
    EXPECT_EQ(RelationTo(file, facts,
                         Of(mission, Bit(options::FOCAL_POINT) |
                                         Bit(options::CASE_MANAGER)))
                  .classes,
              kFull);
  }
  EXPECT_EQ(RelationTo(file, facts, Of(kTransit, medical | protection)).classes,
            kRoutine);
  EXPECT_EQ(
      RelationTo(file, facts, Of(kStranger, medical | protection)).classes,
      kNone);
  // Before a file is sent, a role lifts nothing for those who do not see it.
  EXPECT_EQ(RelationTo(File(pb::Case::REGISTERED), facts, Of(kOrigin, medical))
                .classes,
            kNone);
}

TEST(VisibilityTest, NobodySeesSealedContent) {
  const EnumSet every_role = ~EnumSet{0};
  for (const char* mission : {kHost, kOwner, kOrigin, kTransit}) {
    const Relation relation = RelationTo(File(pb::Case::ACCEPTED), Consented(),
                                         Of(mission, every_role));
    EXPECT_EQ(relation.classes & Bit(options::SEALED), kNone);
  }
}

TEST(VisibilityTest, ADraftExistsForItsInitiatorOnly) {
  const pb::Case file = File(pb::Case::ACCEPTED);
  const CaseFacts facts = Consented();
  const Relation host = RelationTo(file, facts, Of(kHost));
  const Relation origin = RelationTo(file, facts, Of(kOrigin));
  pb::Exchange header;
  header.set_initiator(kHost);
  header.set_counterpart(kOrigin);
  EXPECT_EQ(RelationToExchange(host, header, kHost).roles,
            Bit(options::HOST) | Bit(options::INITIATOR));
  EXPECT_FALSE(RelationToExchange(origin, header, kOrigin).sees());
  EXPECT_EQ(RelationToExchange(origin, header, kOrigin).classes, kNone);
  header.mutable_send_time()->set_seconds(1);
  EXPECT_EQ(RelationToExchange(origin, header, kOrigin).roles,
            Bit(options::ORIGIN) | Bit(options::COUNTERPART));
  EXPECT_EQ(RelationToExchange(origin, header, kOrigin).consent,
            origin.consent);
}

TEST(VisibilityTest, APositionInAnExchangeDoesNotOpenTheFile) {
  pb::Exchange header;
  header.set_initiator(kStranger);
  header.set_counterpart(kStranger);
  header.mutable_send_time()->set_seconds(1);
  EXPECT_FALSE(RelationToExchange(Relation{}, header, kStranger).sees());
}

}  // namespace
}  // namespace passerelle::domain
