#include "server/domain/redaction.h"

#include "gtest/gtest.h"
#include "passerelle/probe/v1/probe.pb.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"

namespace passerelle::domain {
namespace {

namespace probe = ::passerelle::probe::v1;
namespace pb = ::passerelle::v1;

constexpr EnumSet kEverything = ~EnumSet{0};

probe::Labelled Full() {
  probe::Labelled message;
  message.set_by_default("a");
  message.set_identity("b");
  for (probe::Inner* inner :
       {message.mutable_default_above(), message.mutable_medical_above(),
        message.add_contacts(), message.add_contacts()}) {
    inner->set_unlabelled("c");
    inner->set_finance("d");
  }
  message.set_initiator_only("e");
  message.set_counterpart_only("f");
  message.add_documents("g");
  return message;
}

EnumSet Redact(EnumSet classes, EnumSet roles,
               google::protobuf::Message* message) {
  return Redactor(message->GetDescriptor())
      .Redact({.classes = classes, .roles = roles}, message)
      .classes;
}

TEST(RedactorTest, NothingIsLeftWithoutAClass) {
  probe::Labelled message = Full();
  EXPECT_EQ(Redact(0, kEverything, &message), 0u);
  EXPECT_EQ(message.ByteSizeLong(), 0u);
}

TEST(RedactorTest, OnlyGivenClassesAreLeft) {
  probe::Labelled message = Full();
  EXPECT_EQ(Redact(Bit(options::ROUTINE) | Bit(options::IDENTITY), kEverything,
                   &message),
            Bit(options::ROUTINE) | Bit(options::IDENTITY));
  EXPECT_EQ(message.by_default(), "a");
  EXPECT_EQ(message.identity(), "b");
  EXPECT_FALSE(message.has_medical_above());
  EXPECT_TRUE(message.contacts().empty());
  EXPECT_TRUE(message.documents().empty());
}

TEST(RedactorTest, AStatedClassCoversWhatIsBelow) {
  probe::Labelled message = Full();
  EXPECT_EQ(Redact(Bit(options::MEDICAL), kEverything, &message),
            Bit(options::MEDICAL));
  EXPECT_EQ(message.medical_above().unlabelled(), "c");
  EXPECT_EQ(message.medical_above().finance(), "");
  EXPECT_EQ(message.by_default(), "");
}

TEST(RedactorTest, AStricterFieldBelowKeepsItsOwnClass) {
  probe::Labelled message = Full();
  EXPECT_EQ(Redact(Bit(options::CONTACT) | Bit(options::FINANCE), kEverything,
                   &message),
            Bit(options::CONTACT) | Bit(options::FINANCE));
  ASSERT_EQ(message.contacts_size(), 2);
  for (const probe::Inner& inner : message.contacts()) {
    EXPECT_EQ(inner.unlabelled(), "c");
    EXPECT_EQ(inner.finance(), "d");
  }
  // FINANCE alone does not open the field above it.
  message = Full();
  EXPECT_EQ(Redact(Bit(options::FINANCE), kEverything, &message), 0u);
  EXPECT_EQ(message.ByteSizeLong(), 0u);
}

TEST(RedactorTest, TheDefaultOfAMessageDoesNotReachBelowItsFields) {
  probe::Labelled message = Full();
  Redact(kEverything, kEverything, &message);
  EXPECT_TRUE(message.has_default_above());
  EXPECT_EQ(message.default_above().unlabelled(), "");
  EXPECT_EQ(message.default_above().finance(), "d");
}

TEST(RedactorTest, WhatHasNoClassIsCleared) {
  probe::Unlabelled message;
  message.set_text("a");
  message.mutable_inner()->set_finance("b");
  message.set_routine("c");
  EXPECT_EQ(Redact(kEverything, kEverything, &message), Bit(options::ROUTINE));
  EXPECT_EQ(message.text(), "");
  EXPECT_FALSE(message.has_inner());
  EXPECT_EQ(message.routine(), "c");
}

TEST(RedactorTest, AnAudienceIsOneSideOfTheExchange) {
  probe::Labelled message = Full();
  Redact(kEverything, Bit(options::INITIATOR), &message);
  EXPECT_EQ(message.initiator_only(), "e");
  EXPECT_EQ(message.counterpart_only(), "");
  message = Full();
  Redact(kEverything, Bit(options::COUNTERPART) | Bit(options::HOST), &message);
  EXPECT_EQ(message.initiator_only(), "");
  EXPECT_EQ(message.counterpart_only(), "f");
  message = Full();
  Redact(kEverything, Bit(options::HOST), &message);
  EXPECT_EQ(message.initiator_only(), "");
  EXPECT_EQ(message.counterpart_only(), "");
  EXPECT_EQ(message.by_default(), "a");
}

TEST(RedactorTest, ReportsOnlyClassesThatArePopulated) {
  probe::Labelled message;
  message.set_identity("b");
  EXPECT_EQ(Redact(kEverything, kEverything, &message), Bit(options::IDENTITY));
}

TEST(RedactorTest, ATransitMissionSeesNoName) {
  pb::Case file;
  file.set_name("cases/c1");
  file.mutable_principal()->set_given_name("Amina");
  file.mutable_principal()->set_return_region("Souss");
  Redact(Bit(options::ROUTINE), Bit(options::TRANSIT), &file);
  EXPECT_EQ(file.name(), "cases/c1");
  EXPECT_FALSE(file.has_principal());
}

TEST(RedactorTest, TheHostDoesNotSeeAnOpinionThatIsNotValidated) {
  pb::FeasibilityStudy study;
  study.mutable_draft_opinion()->set_author("missions/ma/officers/omar");
  pb::FeasibilityStudy counterpart = study;
  Redact(kEverything, Bit(options::HOST) | Bit(options::INITIATOR), &study);
  EXPECT_FALSE(study.has_draft_opinion());
  Redact(kEverything, Bit(options::ORIGIN) | Bit(options::COUNTERPART),
         &counterpart);
  EXPECT_TRUE(counterpart.has_draft_opinion());
}

}  // namespace
}  // namespace passerelle::domain
