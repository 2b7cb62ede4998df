#ifndef PASSERELLE_SERVER_DOMAIN_PERSONS_H_
#define PASSERELLE_SERVER_DOMAIN_PERSONS_H_

#include <vector>

#include "common/status_details.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/person.pb.h"

namespace passerelle::domain {

// What the rules of single fields cannot say of a person. Paths begin with
// `person.`.
std::vector<FieldViolation> CheckPerson(const ::passerelle::v1::Person& person,
                                        absl::Time now);

// Fills what is made from the rest: telephone numbers in E.164.
void CompletePerson(::passerelle::v1::Person* person);

// The summary of the principal that files and lists show.
::passerelle::v1::PersonSummary SummaryOf(
    const ::passerelle::v1::Person& person);

// What the vulnerabilities of the person say of the return that must be looked
// into before it goes on (`HoldIfFlagged`), each concern once.
std::vector<::passerelle::v1::ProtectionHold::Concern> ConcernsOf(
    const ::passerelle::v1::Person& person);

// Whether the person must be kept from partners of their own country: refugees
// and asylum seekers.
bool IsProtectedFromOwnCountry(const ::passerelle::v1::Person& person);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_PERSONS_H_
