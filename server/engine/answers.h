#ifndef PASSERELLE_SERVER_ENGINE_ANSWERS_H_
#define PASSERELLE_SERVER_ENGINE_ANSWERS_H_

#include <map>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "google/protobuf/message.h"
#include "server/domain/actor.h"
#include "server/domain/contract.h"
#include "server/domain/redaction.h"
#include "server/domain/visibility.h"
#include "server/engine/secrets.h"

namespace passerelle::engine {

// Turns what is stored into what one caller may see: redacted, with etag and
// allowed actions. Immutable and thread safe.
class Answers {
 public:
  Answers(const domain::Contract& contract, const Secrets& secrets);

  // Fills `answer`, of the resource's own type, with what `stored` held, which
  // is left empty; `bytes` is `stored` as it was serialised. Returns the
  // classes disclosed.
  domain::EnumSet Fill(const domain::KindSpec& kind, const std::string& bytes,
                       const domain::Actor& actor,
                       const domain::Relation& relation,
                       google::protobuf::Message* stored,
                       google::protobuf::Message* answer) const;

  // The same from a record that others read too; `whole_etag` is its
  // WholeEtag.
  domain::EnumSet FillCopy(const domain::KindSpec& kind,
                           const std::string& whole_etag,
                           const domain::Actor& actor,
                           const domain::Relation& relation,
                           const google::protobuf::Message& stored,
                           google::protobuf::Message* answer) const;
  // The etag for who sees everything: `bytes` are all that is stored.
  std::string WholeEtag(const std::string& bytes) const {
    return EtagOf(bytes);
  }

  // Fills a passerelle.v1.ExchangeView.
  domain::EnumSet FillView(const domain::KindSpec& kind,
                           const google::protobuf::Message& stored,
                           const domain::Actor& actor,
                           const domain::Relation& relation,
                           google::protobuf::Message* view) const;

  // The etag of what this caller sees.
  std::string EtagFor(const domain::KindSpec& kind,
                      const google::protobuf::Message& stored,
                      const domain::Relation& relation) const;

  // Through whose eyes the caller looks. Resources outside cases have no
  // relation: everything in them is ROUTINE.
  static domain::Viewer ViewerOf(const domain::KindSpec& kind,
                                 const domain::Relation& relation);

  const domain::Redactor& RedactorOf(
      const google::protobuf::Descriptor* message) const;

 private:
  // Leaves what the caller sees.
  domain::Redactor::Outcome Redact(const domain::KindSpec& kind,
                                   const domain::Relation& relation,
                                   google::protobuf::Message* resource) const;
  // Makes an answer of a copy of what is stored.
  domain::EnumSet Complete(const domain::KindSpec& kind,
                           absl::FunctionRef<std::string()> whole_etag,
                           const domain::Actor& actor,
                           const domain::Relation& relation,
                           google::protobuf::Message* answer) const;
  std::string EtagOf(const std::string& redacted_bytes) const;

  const Secrets& secrets_;
  std::map<const google::protobuf::Descriptor*,
           std::unique_ptr<domain::Redactor>>
      redactors_;
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_ANSWERS_H_
