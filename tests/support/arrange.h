#ifndef PASSERELLE_TESTS_SUPPORT_ARRANGE_H_
#define PASSERELLE_TESTS_SUPPORT_ARRANGE_H_

#include <string>

#include "clients/cpp/client.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/plan.pb.h"

// What tests of the whole server begin with, done through the contract. A
// failure ends the test program: nothing after it would mean anything.

namespace passerelle::testing {

// A file as a host mission would open it.
passerelle::v1::Case SampleCase();
passerelle::v1::Plan SamplePlan();

// A valid request_id.
std::string NewId();

// Registers missions iom-tn (Tunisia), iom-ma (Morocco), iom-es (Spain) and
// iom-de (Germany), each with officers cm, fp, ro, ro2, me, po, mo, mv, dp;
// and partners ngo-tn, ngo-es, consulate-ma, each with an officer fp.
void RegisterMissions(client::Client& operator_);

// A file of host iom-tn and origin iom-ma with transit iom-es, with consent
// and plan, at stage REGISTERED or PROPOSED. `host` acts for iom-tn's cm.
struct ArrangedFile {
  std::string name;
  std::string consent;
  std::string plan;
};
ArrangedFile RegisteredFile(client::Client& host);
ArrangedFile ProposedFile(client::Client& host);

// A study of that file's plan, requested.
passerelle::v1::FeasibilityStudy RequestedStudy(client::Client& host,
                                                const ArrangedFile& file);

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_ARRANGE_H_
