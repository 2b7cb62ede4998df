#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "server/matching/link/commands.h"
#include "server/matching/link/model_file.h"
#include "server/matching/link/outputs.h"
#include "server/matching/link/pair_run.h"
#include "server/matching/link/problem.h"
#include "server/matching/link/review.h"

namespace passerelle::link {

absl::Status TrainModel(const TrainOptions& options, const Console& console) {
  PASSERELLE_RETURN_IF_ERROR(
      CheckOutputs({options.a, options.b, options.input.map}, {options.model}));
  PASSERELLE_ASSIGN_OR_RETURN(
      const Tables tables,
      ReadTables(options.input, options.a, options.b, console));
  ProgressLine progress(console);
  PASSERELLE_ASSIGN_OR_RETURN(
      const matching::Model model,
      ModelFor(tables, "", EngineOptions(options.threads, progress)));
  progress.Clear();
  PASSERELLE_RETURN_IF_ERROR(SaveModel(model, options.model));
  console.err << absl::StrFormat("model %s from %d people, %d pairs\n",
                                 model.Version(), model.trained_records,
                                 model.trained_pairs);
  return absl::OkStatus();
}

absl::Status CalibrateModel(const CalibrateOptions& options,
                            const Console& console) {
  PASSERELLE_RETURN_IF_ERROR(
      CheckOutputs({options.from, options.review}, {options.model}));
  PASSERELLE_ASSIGN_OR_RETURN(matching::Model model, LoadModel(options.from));
  PASSERELLE_ASSIGN_OR_RETURN(const std::vector<matching::Decision> decisions,
                              ReadDecisions(options.review));
  model.calibration = matching::Calibration::Fit(decisions);
  if (model.calibration.is_identity()) {
    return Problem(Reason::kTooFewDecisions, {options.review, 0, ""},
                   absl::StrCat(decisions.size(),
                                " decisions; at least 20 are needed, of both "
                                "kinds"));
  }
  PASSERELLE_RETURN_IF_ERROR(SaveModel(model, options.model));
  console.err << absl::StrFormat("model %s calibrated by %d decisions\n",
                                 model.Version(), decisions.size());
  return absl::OkStatus();
}

}  // namespace passerelle::link
