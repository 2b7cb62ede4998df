// Guards and effects of reintegration plans.

#include <memory>
#include <string>

#include "generated/plan.verbs.h"
#include "server/domain/consents.h"
#include "server/domain/errors.h"

namespace passerelle::domain {
namespace {

class Plans final : public PlanVerbs {
 public:
  absl::Status CreatePlan(const pb::CreatePlanRequest&,
                          Change<pb::Plan> change) override {
    change.resource().set_revision(1);
    return Complete(change);
  }

  absl::Status UpdatePlan(const pb::UpdatePlanRequest&,
                          Change<pb::Plan> change) override {
    change.resource().set_revision(change.resource().revision() + 1);
    return Complete(change);
  }

 private:
  static absl::Status Complete(Change<pb::Plan> change) {
    if (auto s = RequireFileOpen(*change->file); !s.ok()) return s;
    pb::Plan& plan = change.resource();
    int64_t total = 0;  // at most 50 lines of 10^10: no overflow
    for (const pb::PlanLine& line : plan.lines()) {
      if (line.amount().currency() != plan.ceiling().currency()) {
        return Failure(pb::CURRENCY_MIXED,
                       "Every line must be in the currency of the ceiling.",
                       {{"currency", plan.ceiling().currency()}});
      }
      total += line.amount().hundredths();
    }
    if (total > plan.ceiling().hundredths()) {
      return Failure(
          pb::PLAN_OVER_CEILING, "The lines cost more than the ceiling.",
          {{"total", std::to_string(total)},
           {"ceiling", std::to_string(plan.ceiling().hundredths())}});
    }
    plan.mutable_total()->set_currency(plan.ceiling().currency());
    plan.mutable_total()->set_hundredths(total);
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Verbs> MakePlanVerbs() { return std::make_unique<Plans>(); }

}  // namespace passerelle::domain
