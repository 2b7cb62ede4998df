#ifndef PASSERELLE_SERVER_DOMAIN_DOCUMENTS_H_
#define PASSERELLE_SERVER_DOMAIN_DOCUMENTS_H_

#include "passerelle/v1/document.pb.h"

namespace passerelle::domain {

// Takes a document back, or gives it up when it is not complete. False when
// neither is left to do.
bool TakeBack(::passerelle::v1::Document* document);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_DOCUMENTS_H_
