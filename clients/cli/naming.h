#ifndef PASSERELLE_CLIENTS_CLI_NAMING_H_
#define PASSERELLE_CLIENTS_CLI_NAMING_H_

#include <string>
#include <vector>

#include "clients/cli/contract.h"
#include "google/protobuf/descriptor.h"

namespace passerelle::cli {

// A method as it is called on the command line: `passerelle NOUN VERB`.
//
// Both come from the contract alone:
// - The noun is the singular of the resource that the method returns, or
//   lists. A method that returns none (ExchangeView, a mailbox) takes the name
//   of its service without `Service`.
// - The verb is the name of the method without those words after the first
//   that the noun has, in singular or plural.
// - Both are written in lower case with hyphens.
//
//     DirectoryService.GetOfficer                 officer get
//     FeasibilityStudyService.ListFeasibilityStudies
//                                                 feasibility-study list
//     FeasibilityStudyService.SubmitFeasibilityOpinion
//                                                 feasibility-study
//                                                     submit-opinion
//     CaseService.ConfirmArrival                  case confirm-arrival
//     ExchangeService.RequestCloseExchange        exchange request-close
struct Command {
  std::string noun;
  std::string verb;
  const google::protobuf::MethodDescriptor* method = nullptr;
};

// Every method of the contract, by noun, within a noun in the contract's order.
std::vector<Command> CommandsOf(const Contract& contract);

// The comment of the resource that gives the noun, or of the service.
std::string NounComment(const google::protobuf::MethodDescriptor* method);

// Nouns that are not in the contract and that no resource may take.
const std::vector<std::string>& BuiltInNouns();

// Whether the message is a resource of the contract.
bool IsResource(const google::protobuf::Descriptor* message);

// Whether the message is a kind of exchange: it has a phase to wait for.
bool IsExchange(const google::protobuf::Descriptor* message);

// The field of a List answer that holds the results; nullptr for any other
// message.
const google::protobuf::FieldDescriptor* ListField(
    const google::protobuf::Descriptor* response);

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_NAMING_H_
