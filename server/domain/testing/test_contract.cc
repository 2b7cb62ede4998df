#include "server/domain/testing/test_contract.h"

#include <vector>

#include "generated/case.verbs.h"
#include "generated/consent.verbs.h"
#include "generated/directory.verbs.h"
#include "generated/exchange.verbs.h"
#include "generated/feasibility_study.verbs.h"
#include "generated/grant.verbs.h"
#include "generated/monitoring_visit.verbs.h"
#include "generated/person.verbs.h"
#include "generated/plan.verbs.h"
#include "passerelle/v1/mailbox.pb.h"

namespace passerelle::domain {

const Contract& TestContract() {
  static const Contract* const contract = [] {
    const auto service = [](const google::protobuf::Descriptor* message,
                            std::unique_ptr<Verbs> (*make)()) {
      return Contract::Service{message->file()->service(0), make};
    };
    return new Contract(
        {service(pb::Case::descriptor(), &MakeCaseVerbs),
         service(pb::Consent::descriptor(), &MakeConsentVerbs),
         service(pb::Mission::descriptor(), &MakeDirectoryVerbs),
         service(pb::Exchange::descriptor(), &MakeExchangeVerbs),
         service(pb::FeasibilityStudy::descriptor(),
                 &MakeFeasibilityStudyVerbs),
         service(pb::Grant::descriptor(), &MakeGrantVerbs),
         service(pb::MailboxEntry::descriptor(), nullptr),
         service(pb::MonitoringVisit::descriptor(), &MakeMonitoringVisitVerbs),
         service(pb::Person::descriptor(), &MakePersonVerbs),
         service(pb::Plan::descriptor(), &MakePlanVerbs)});
  }();
  return *contract;
}

}  // namespace passerelle::domain
