// Guards and effects of the persons of a file.

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "generated/person.verbs.h"
#include "google/protobuf/util/message_differencer.h"
#include "server/domain/consents.h"
#include "server/domain/documents.h"
#include "server/domain/errors.h"
#include "server/domain/gates.h"
#include "server/domain/persons.h"

namespace passerelle::domain {
namespace {

using google::protobuf::util::MessageDifferencer;

class Persons final : public PersonVerbs {
 public:
  absl::Status CreatePerson(const pb::CreatePersonRequest&,
                            Change<pb::Person> change) override {
    if (change.resource().relation() == pb::Person::PRINCIPAL) {
      if (change->file_facts->principal_in_person()) return PrincipalFixed();
      change->file_facts_now->set_principal_in_person(true);
    }
    return Complete(change, pb::Person());
  }

  absl::Status UpdatePerson(const pb::UpdatePersonRequest&,
                            Change<pb::Person> change) override {
    pb::Person before;
    if (auto s = change->around().Find(change.resource().name(), &before);
        !s.ok()) {
      return s;
    }
    const bool was = before.relation() == pb::Person::PRINCIPAL;
    if (was != (change.resource().relation() == pb::Person::PRINCIPAL)) {
      return PrincipalFixed();
    }
    return Complete(change, before);
  }

  absl::Status RemovePerson(const pb::RemovePersonRequest&,
                            Change<pb::Person> change) override {
    pb::Person& person = change.resource();
    if (person.relation() == pb::Person::PRINCIPAL) return PrincipalFixed();
    if (auto s = RequireFileOpen(*change->file); !s.ok()) return s;
    if (auto s = RequireNotHeld(change.any()); !s.ok()) return s;
    pb::Person tombstone;
    tombstone.set_name(person.name());
    *tombstone.mutable_create_time() = person.create_time();
    person = std::move(tombstone);
    change->erase = true;
    change->sweeps.push_back(
        {&pb::Document::default_instance(),
         [name = person.name()](google::protobuf::Message& message) {
           auto& document = static_cast<pb::Document&>(message);
           return document.person() == name && TakeBack(&document);
         },
         "RemovePerson"});
    return KeepFromOwnCountry(change);
  }

 private:
  static absl::Status PrincipalFixed() {
    return Failure(pb::PRINCIPAL_FIXED,
                   "A file has one principal from the first to the last.");
  }

  static absl::Status Complete(Change<pb::Person> change,
                               const pb::Person& before) {
    if (auto s = RequireFileOpen(*change->file); !s.ok()) return s;
    if (change->file->stage() == pb::Case::CONTACTED) {
      // Nobody is recorded before the privacy notice.
      return StateForbids(pb::Case::Stage_Name(pb::Case::CONTACTED));
    }
    pb::Person& person = change.resource();
    if (auto violations = CheckPerson(person, change->now());
        !violations.empty()) {
      return FieldsInvalid(std::move(violations));
    }
    CompletePerson(&person);
    if (person.relation() == pb::Person::PRINCIPAL) {
      pb::PersonSummary summary = SummaryOf(person);
      if (!MessageDifferencer::Equals(summary, change->file_now->principal())) {
        *change->file_now->mutable_principal() = std::move(summary);
      }
    }
    HoldIfFlagged(change->file_now, NewConcerns(before, person),
                  change->actor().officer, change->now());
    return KeepFromOwnCountry(change);
  }

  // A concern that a protection officer decided on holds the file no more.
  static std::vector<pb::ProtectionHold::Concern> NewConcerns(
      const pb::Person& before, const pb::Person& person) {
    const std::vector<pb::ProtectionHold::Concern> known = ConcernsOf(before);
    const std::vector<pb::ProtectionHold::Concern> now = ConcernsOf(person);
    std::vector<pb::ProtectionHold::Concern> added;
    std::set_difference(now.begin(), now.end(), known.begin(), known.end(),
                        std::back_inserter(added));
    return added;
  }

  // Countries whose partners must not see the file, from all of its persons as
  // the change leaves them.
  static absl::Status KeepFromOwnCountry(Change<pb::Person> change) {
    const pb::Person& person = change.resource();
    std::set<std::string> barred;
    const auto add = [&](const pb::Person& other) {
      if (!IsProtectedFromOwnCountry(other)) return;
      barred.insert(other.nationalities().begin(), other.nationalities().end());
    };
    add(person);
    if (auto s = change->around().ForEach(
            pb::Person::default_instance(),
            [&](const google::protobuf::Message& message) {
              const auto& other = static_cast<const pb::Person&>(message);
              if (other.name() != person.name()) add(other);
              return true;
            });
        !s.ok()) {
      return s;
    }
    const auto& before = change->file_facts->barred_countries();
    if (std::set<std::string>(before.begin(), before.end()) == barred) {
      return absl::OkStatus();
    }
    internal::CaseFacts* facts = change->file_facts_now;
    facts->clear_barred_countries();
    for (const std::string& country : barred) {
      facts->add_barred_countries(country);
    }
    RaiseEpoch(facts);
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Verbs> MakePersonVerbs() { return std::make_unique<Persons>(); }

}  // namespace passerelle::domain
