// What a grant can be about: kind of partner x purpose x mode x state of the
// consent that it cites, against the [[offer]] rows of expected.toml.

#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/options/v1/options.pb.h"
#include "tests/access/expected.h"
#include "tests/access/files.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace options = ::passerelle::options::v1;

// A file and the consent that grants cite, which is not what it should be.
struct Cited {
  const Offer* offer;
  std::string what;  // `live` is the one that is
  std::string file;
  std::string consent;
};

class Offers : public ::testing::Test {
 protected:
  Offers() { RegisterEveryRole(server_); }

  Cited Cite(const Offer& offer, const std::string& what) {
    const TestServer::File file = server_.ProposedFile();
    Cited cited{&offer, what, file.name, file.consent};
    // Nobody can consent to share with a government: another scope is cited.
    if (offer.mission == "gov-ca" || what == "of another scope") return cited;
    if (what == "never given") {
      cited.consent = file.name + "/consents/a00000000000000000000000000";
      return cited;
    }
    const std::string scope = ShareScope(offer.mission);
    const bool authority = scope == "SHARE_WITH_ORIGIN_AUTHORITIES";
    std::string recipient = offer.mission;
    std::string more;
    if (what == "for another") {
      recipient = authority && recipient != "ministry-tn" ? "ministry-tn"
                  : authority                             ? "border-tn"
                                                          : "ngo-es";
    } else if (what == "for another purpose") {
      more = "purposes: DIRECTORY";
    } else if (what == "expired") {
      more = absl::StrCat(
          "expire_time { seconds: ",
          absl::ToUnixSeconds(server_.clock().Now() + absl::Hours(1)), " }");
    }
    cited.consent =
        GiveConsent(server_, "iom-tn/cm", file.name, scope, recipient, more);
    if (what == "withdrawn") {
      MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(cited.consent));
    }
    return cited;
  }

  TestServer server_;
};

TEST_F(Offers, NothingIsOfferedThatIsNotWrittenDown) {
  std::vector<Cited> all;
  for (const Offer& offer : Expected::Get().offers()) {
    for (const char* what :
         {"live", "expired", "withdrawn", "never given", "for another",
          "for another purpose", "of another scope"}) {
      all.push_back(Cite(offer, what));
    }
  }
  server_.clock().Advance(absl::Hours(2));
  int cells = 0;
  int offered = 0;
  for (const Cited& cited : all) {
    for (int i = 0; i < options::Purpose_descriptor()->value_count(); ++i) {
      const auto* purpose = options::Purpose_descriptor()->value(i);
      if (purpose->number() == 0) continue;
      for (const char* mode : {"READ", "CONTRIBUTE"}) {
        const Reply reply =
            Send(server_, "iom-tn/fp", "CreateGrant",
                 absl::StrCat(
                     "parent: '", cited.file, "' grant { recipient: 'missions/",
                     cited.offer->mission, "' mode: ", mode,
                     " purpose: ", purpose->name(),
                     " basis: CONSENT consent: '", cited.consent, "' }"));
        const bool expected = cited.what == "live" &&
                              cited.offer->purposes.contains(purpose->name());
        EXPECT_EQ(reply.ok(), expected)
            << cited.offer->mission << ", consent " << cited.what << ", "
            << purpose->name() << ": " << reply.status.ToString();
        ++cells;
        if (!reply.ok()) {
          EXPECT_THAT(ReasonOf(reply.status),
                      ::testing::AnyOf("CONSENT_MISSING", "CONSENT_WITHDRAWN",
                                       "GRANT_RECIPIENT_INVALID"));
          continue;
        }
        ++offered;
        MustSend(server_, "iom-tn/fp", "RecallGrant",
                 Named(GetString(*reply.answer, "name")));
      }
    }
  }
  EXPECT_GT(offered, 0);
  std::cout << cells << " cells, " << offered << " offered" << std::endl;
}

}  // namespace
}  // namespace passerelle::testing
