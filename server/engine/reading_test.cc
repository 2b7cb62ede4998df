// Which answers wait for the flush of their line of evidence.

#include "server/engine/reading.h"

#include "gtest/gtest.h"

namespace passerelle::engine {
namespace {

using domain::Bit;
namespace options = domain::options;

Disclosure Of(domain::EnumSet classes, const char* emergency = "") {
  Disclosure disclosure;
  disclosure.leaf.set_classes(classes);
  disclosure.leaf.set_emergency_access(emergency);
  return disclosure;
}

TEST(IsRestrictedTest, RoutineAnswersDoNotWait) {
  EXPECT_FALSE(IsRestricted({}));
  EXPECT_FALSE(IsRestricted({Of(0), Of(Bit(options::IDENTITY))}));
}

TEST(IsRestrictedTest, TheGravestClassesWait) {
  for (const auto privacy :
       {options::MEDICAL, options::PROTECTION, options::SEALED}) {
    EXPECT_TRUE(IsRestricted({Of(Bit(options::ROUTINE)), Of(Bit(privacy))}));
  }
}

TEST(IsRestrictedTest, EveryReadUnderBrokenGlassWaits) {
  EXPECT_TRUE(IsRestricted({Of(0), Of(Bit(options::ROUTINE), "cases/c/e/b")}));
}

}  // namespace
}  // namespace passerelle::engine
