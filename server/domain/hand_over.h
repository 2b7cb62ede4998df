#ifndef PASSERELLE_SERVER_DOMAIN_HAND_OVER_H_
#define PASSERELLE_SERVER_DOMAIN_HAND_OVER_H_

#include <string>

#include "server/domain/change.h"

namespace passerelle::domain {

// What goes with a file that changes owner, in the same transaction: what the
// former owner has open with others becomes the new owner's. What is open
// between the two stays between them.
AnyChange::Sweep HandOverExchanges(std::string from, std::string to);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_HAND_OVER_H_
