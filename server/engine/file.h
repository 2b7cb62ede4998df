#ifndef PASSERELLE_SERVER_ENGINE_FILE_H_
#define PASSERELLE_SERVER_ENGINE_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "passerelle/v1/case.pb.h"
#include "server/domain/contract.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// A returnee file as loaded in one transaction.
struct File {
  storage::Record record;
  ::passerelle::v1::Case message;
  ::passerelle::internal::v1::CaseFacts facts;
  std::string etag;  // of all that is stored; empty until it was asked for
};

// A resource as loaded in one transaction.
struct Loaded {
  storage::Record record;
  std::unique_ptr<google::protobuf::Message> message;
  ::passerelle::internal::v1::ExchangeFacts facts;  // of exchanges
  std::string etag;                                 // as of a file
};

// Whether its messages can be read: not when damaged or erased.
bool IsReadable(const storage::Record& record);
bool WasErased(const storage::Record& record);

// Key of a resource name. False for a malformed name.
bool KeyOf(absl::string_view name, storage::RecordKey* key);

// Returns: NOT_FOUND.
absl::Status LoadFile(storage::ReadTransaction* tx, absl::string_view case_id,
                      File* file);

// Fills `file` from its record. Returns: STORAGE_DAMAGED, RESOURCE_ERASED.
absl::Status ParseFile(File* file);

// Returns: NOT_FOUND, also when the record is of another kind.
absl::Status LoadResource(storage::ReadTransaction* tx,
                          const domain::KindSpec& kind,
                          const storage::RecordKey& key, Loaded* loaded);

// Fills `loaded` from its record. Returns: as ParseFile.
absl::Status ParseRecord(const domain::KindSpec& kind, Loaded* loaded);

std::unique_ptr<google::protobuf::Message> NewMessage(
    const google::protobuf::Descriptor* descriptor);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_FILE_H_
