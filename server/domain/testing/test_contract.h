#ifndef PASSERELLE_SERVER_DOMAIN_TESTING_TEST_CONTRACT_H_
#define PASSERELLE_SERVER_DOMAIN_TESTING_TEST_CONTRACT_H_

#include <memory>

#include "server/domain/contract.h"

namespace passerelle::domain {

// The contract as the server knows it, with the real guards, but without the
// gRPC that the generated list of services brings along. It names the nouns
// that tests of the model speak of; others need not be added.
const Contract& TestContract();

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_TESTING_TEST_CONTRACT_H_
