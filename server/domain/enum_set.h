#ifndef PASSERELLE_SERVER_DOMAIN_ENUM_SET_H_
#define PASSERELLE_SERVER_DOMAIN_ENUM_SET_H_

#include "server/domain/contract.h"

namespace passerelle::domain {

// The enum values of a repeated field, as bits.
template <typename List>
EnumSet ToSet(const List& values) {
  EnumSet set = 0;
  for (const int value : values) set |= Bit(value);
  return set;
}

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_ENUM_SET_H_
