// The end of every open exchange of a file, with the file.

#include "server/engine/execution.h"

#include <string>
#include <utility>
#include <vector>

#include "common/log.h"
#include "common/status_macros.h"
#include "server/domain/lifecycle.h"
#include "server/engine/course.h"
#include "server/engine/fields.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;

constexpr size_t kPage = 100;

}  // namespace

absl::Status ChangeExecution::EndOpenExchanges(pb::EndReason reason) {
  for (const auto& kind : context_.core.contract.kinds()) {
    const auto* move =
        kind->is_exchange() ? kind->Find(domain::options::WITHDRAW) : nullptr;
    if (move == nullptr) continue;
    std::vector<storage::Record> records;
    std::string after;
    do {
      PASSERELLE_RETURN_IF_ERROR(
          context_.tx.List(key_.scope, kind->collection, after,
                           static_cast<int>(kPage), &records));
      for (storage::Record& record : records) {
        after = record.key.id;
        PASSERELLE_RETURN_IF_ERROR(
            EndExchange(*move, *kind, reason, std::move(record)));
      }
    } while (records.size() == kPage);
  }
  return absl::OkStatus();
}

absl::Status ChangeExecution::EndExchange(
    const domain::AdministrativeMove& move, const domain::KindSpec& kind,
    pb::EndReason reason, storage::Record record) {
  Loaded exchange;
  exchange.record = std::move(record);
  if (!ParseRecord(kind, &exchange).ok()) {
    // Nobody can read it; it must not keep a person from stopping.
    Log(LogLevel::kError, "damaged_exchange_not_ended",
        {{"kind", kind.collection}});
    return absl::OkStatus();
  }
  const domain::Course course = MakeCourse(context_, kind, &exchange);
  if (course.header->phase() == domain::options::ENDED) {
    return absl::OkStatus();
  }
  domain::EnterState(course, move.to_state);
  course.header->set_end_reason(reason);
  domain::ArmTimedMove(course);
  exchange.record.wake_time = domain::NextWake(*course.header, exchange.facts);
  exchange.record.state = domain::StateOf(kind, *exchange.message);
  ++exchange.record.version;
  SetTimestamp(exchange.message.get(), kind.update_time, context_.now);
  exchange.message->SerializeToString(&exchange.record.message);
  exchange.facts.SerializeToString(&exchange.record.internal);
  PASSERELLE_RETURN_IF_ERROR(context_.tx.Update(exchange.record));
  if (!course.header->has_send_time()) return absl::OkStatus();
  for (const std::string& mission :
       {course.header->initiator(), course.header->counterpart()}) {
    MailTo(mission, kind, *exchange.message, "WithdrawExchange");
  }
  return absl::OkStatus();
}

}  // namespace passerelle::engine
