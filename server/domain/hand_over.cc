#include "server/domain/hand_over.h"

#include <utility>

namespace passerelle::domain {
namespace {

using google::protobuf::Message;

bool HandOver(const std::string& from, const std::string& to,
              Message& message) {
  const auto* field = message.GetDescriptor()->FindFieldByName("exchange");
  auto& header = static_cast<pb::Exchange&>(
      *message.GetReflection()->MutableMessage(&message, field));
  if (header.phase() == options::ENDED || header.initiator() == to ||
      header.counterpart() == to) {
    return false;
  }
  if (header.initiator() == from) {
    header.set_initiator(to);
  } else if (header.counterpart() == from) {
    header.set_counterpart(to);
  } else {
    return false;
  }
  if (header.awaited_mission() == from) header.set_awaited_mission(to);
  return true;
}

}  // namespace

AnyChange::Sweep HandOverExchanges(std::string from, std::string to) {
  return {nullptr,
          [from = std::move(from), to = std::move(to)](Message& message) {
            return HandOver(from, to, message);
          },
          "HandOver"};
}

}  // namespace passerelle::domain
