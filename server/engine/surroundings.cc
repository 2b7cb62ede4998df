#include "server/engine/surroundings.h"

#include <memory>
#include <vector>

#include "common/status_macros.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
using google::protobuf::Message;
constexpr int kPage = 100;

}  // namespace

const pb::Mission* Surroundings::FindMission(absl::string_view name) const {
  return context_.directory.FindMission(name);
}

absl::Status Surroundings::Find(absl::string_view name,
                                Message* message) const {
  storage::RecordKey key;
  const domain::KindSpec* kind = context_.core.contract.KindOfName(name);
  if (kind == nullptr || kind->message != message->GetDescriptor() ||
      !KeyOf(name, &key) || key.scope != case_id_) {
    return absl::NotFoundError("not of this file");
  }
  std::shared_ptr<const Loaded> found;
  PASSERELLE_RETURN_IF_ERROR(context_.FindResource(*kind, key, &found));
  message->Clear();
  message->MergeFrom(*found->message);
  return absl::OkStatus();
}

absl::Status Surroundings::ForEachOfKind(
    const domain::KindSpec& kind,
    const std::function<bool(const Message&)>& visit) const {
  std::string after;
  while (true) {
    std::vector<storage::Record> records;
    PASSERELLE_RETURN_IF_ERROR(
        context_.tx.List(case_id_, kind.collection, after, kPage, &records));
    for (storage::Record& record : records) {
      after = record.key.id;
      Loaded loaded;
      loaded.record = std::move(record);
      if (WasErased(loaded.record)) continue;
      PASSERELLE_RETURN_IF_ERROR(ParseRecord(kind, &loaded));
      if (!visit(*loaded.message)) return absl::OkStatus();
    }
    if (records.size() < kPage) return absl::OkStatus();
  }
}

absl::Status Surroundings::ForEach(
    const Message& prototype,
    const std::function<bool(const Message&)>& visit) const {
  for (const auto& kind : context_.core.contract.kinds()) {
    if (kind->message == prototype.GetDescriptor()) {
      return ForEachOfKind(*kind, visit);
    }
  }
  return absl::NotFoundError("no such kind");
}

absl::Status Surroundings::RequireNoOpenExchange() const {
  for (const auto& kind : context_.core.contract.kinds()) {
    if (!kind->is_exchange()) continue;
    bool open = false;
    PASSERELLE_RETURN_IF_ERROR(
        ForEachOfKind(*kind, [&](const Message& exchange) {
          const auto phase = domain::HeaderOf(*kind, exchange)->phase();
          // A draft is nobody's business but its initiator's.
          open = phase == domain::options::OPEN ||
                 phase == domain::options::WAITING;
          return !open;
        }));
    if (open) {
      return domain::Failure(pb::EXCHANGE_OPEN,
                             "An exchange of the file is open.",
                             {{"kind", kind->collection}});
    }
  }
  return absl::OkStatus();
}

}  // namespace passerelle::engine
