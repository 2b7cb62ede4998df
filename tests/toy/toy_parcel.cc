// Guards of the toy kind: all the code there is.

#include <memory>

#include "generated/toy_parcel.verbs.h"
#include "server/domain/consents.h"

namespace passerelle::domain {
namespace {

namespace toy = ::passerelle::toy::v1;

class Parcels final : public ParcelVerbs {
 public:
  absl::Status CreateParcel(const toy::CreateParcelRequest&,
                            Change<toy::Parcel> change) override {
    change->counterpart = change->file->origin_mission();
    return RequireFileOpen(*change->file);
  }

  absl::Status SendParcel(const toy::SendParcelRequest&,
                          Change<toy::Parcel> change) override {
    return RequireAccredited(change.any(), change->file->origin_mission());
  }

  absl::Status TakeInParcel(const toy::TakeInParcelRequest&,
                            Change<toy::Parcel> change) override {
    if (change.resource().grams() > 30000) {
      change->chosen_state = toy::Parcel::SENT_BACK;
    }
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeParcelVerbs() { return std::make_unique<Parcels>(); }

}  // namespace passerelle::domain
