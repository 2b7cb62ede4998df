// Guards and effects of the administrative messages common to all kinds of
// exchange. Which apply in which state is each kind's declaration.

#include <memory>
#include <string>

#include "generated/exchange.verbs.h"
#include "server/domain/consents.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"

namespace passerelle::domain {
namespace {

constexpr absl::Duration kReminderInterval = absl::Hours(24);
constexpr absl::Duration kReopenWindow = absl::Hours(24 * 90);
constexpr int kMaxClarifications = 20;

class Exchanges final : public ExchangeVerbs {
 public:
  absl::Status RemindExchange(const pb::RemindExchangeRequest&,
                              AnyChange& change) override {
    pb::Exchange& header = *change.header;
    if (header.awaited_mission().empty() ||
        header.awaited_mission() == change.actor().mission) {
      return StateForbids(change.kind->StateName(change.state_before));
    }
    if (header.has_remind_time() &&
        change.now() - FromTimestamp(header.remind_time()) <
            kReminderInterval) {
      return Failure(pb::REMINDER_TOO_SOON,
                     "The last reminder is less than 24 hours old.");
    }
    header.set_reminder_count(header.reminder_count() + 1);
    *header.mutable_remind_time() = ToTimestamp(change.now());
    return absl::OkStatus();
  }

  absl::Status AskClarification(const pb::AskClarificationRequest& request,
                                AnyChange& change) override {
    pb::Exchange& header = *change.header;
    if (header.clarifications_size() >= kMaxClarifications) {
      return Failure(pb::CLARIFICATIONS_EXHAUSTED,
                     "The exchange holds as many questions as it may.");
    }
    pb::Clarification* entry = header.add_clarifications();
    entry->set_question(request.question());
    entry->set_asker(change.actor().officer);
    *entry->mutable_ask_time() = ToTimestamp(change.now());
    return absl::OkStatus();
  }

  absl::Status AnswerClarification(
      const pb::AnswerClarificationRequest& request,
      AnyChange& change) override {
    pb::Exchange& header = *change.header;
    if (header.clarifications().empty()) {
      return StateForbids(change.kind->StateName(change.state_before));
    }
    pb::Clarification* entry =
        header.mutable_clarifications(header.clarifications_size() - 1);
    entry->set_answer(request.answer());
    entry->set_answerer(change.actor().officer);
    *entry->mutable_answer_time() = ToTimestamp(change.now());
    return absl::OkStatus();
  }

  absl::Status InvalidateExchange(const pb::InvalidateExchangeRequest& request,
                                  AnyChange& change) override {
    switch (request.reason()) {
      case pb::WRONG_FILE:
      case pb::WRONG_RECIPIENT:
      case pb::SENT_TWICE:
      case pb::SUPERSEDED:
        break;
      default:
        return Failure(pb::END_REASON_INVALID,
                       "The reason must say what was wrong: WRONG_FILE, "
                       "WRONG_RECIPIENT, SENT_TWICE or SUPERSEDED.");
    }
    change.header->set_end_reason(request.reason());
    HideContent(change);
    return absl::OkStatus();
  }

  absl::Status WithdrawExchange(const pb::WithdrawExchangeRequest&,
                                AnyChange& change) override {
    change.header->set_end_reason(pb::PERSON_STOPPED);
    return absl::OkStatus();
  }

  absl::Status RequestCloseExchange(const pb::RequestCloseExchangeRequest&,
                                    AnyChange& change) override {
    if (!change.header->close_requester().empty()) {
      return Failure(pb::CLOSE_ALREADY_REQUESTED,
                     "A request to close is pending.");
    }
    change.header->set_close_requester(change.actor().mission);
    return absl::OkStatus();
  }

  absl::Status CloseExchange(const pb::CloseExchangeRequest&,
                             AnyChange& change) override {
    change.header->set_end_reason(pb::COMPLETED);
    return absl::OkStatus();
  }

  absl::Status ReopenExchange(const pb::ReopenExchangeRequest& request,
                              AnyChange& change) override {
    if (auto s = RequireFileOpen(*change.file); !s.ok()) return s;
    pb::Exchange& header = *change.header;
    if (change.now() - FromTimestamp(header.end_time()) > kReopenWindow) {
      return Failure(pb::REOPEN_WINDOW_PASSED,
                     "The exchange was closed more than 90 days ago.");
    }
    if (auto s = change.kind->guards->Reopen(change); !s.ok()) return s;
    header.set_end_reason(pb::NEW_FACTS);
    header.set_reopen_reason(request.reason());
    header.clear_expire_time();
    return absl::OkStatus();
  }

 private:
  // Moves everything but the tombstone out of sight of every reader. The
  // content stays beside the record as evidence until its retention ends.
  static void HideContent(AnyChange& change) {
    google::protobuf::Message& message = change.message();
    change.exchange_facts->set_hidden_content(message.SerializeAsString());
    const KindSpec& kind = *change.kind;
    change.header->clear_clarifications();
    change.header->clear_reopen_reason();
    const auto* reflection = message.GetReflection();
    for (int i = 0; i < kind.message->field_count(); ++i) {
      const auto* field = kind.message->field(i);
      if (field == kind.name || field == kind.exchange || field == kind.state ||
          field == kind.create_time || field == kind.update_time) {
        continue;
      }
      reflection->ClearField(&message, field);
    }
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeExchangeVerbs() {
  return std::make_unique<Exchanges>();
}

}  // namespace passerelle::domain
