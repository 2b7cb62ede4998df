#ifndef PASSERELLE_SERVER_ENGINE_SURROUNDINGS_H_
#define PASSERELLE_SERVER_ENGINE_SURROUNDINGS_H_

#include <functional>
#include <string>

#include "server/domain/change.h"
#include "server/engine/file.h"
#include "server/engine/writer_context.h"

namespace passerelle::engine {

// What a guard may look up, read in the transaction of its change.
class Surroundings final : public domain::Surroundings {
 public:
  // `file` is null outside cases.
  Surroundings(const WriterContext& context, const ::passerelle::v1::Case* file,
               std::string case_id)
      : context_(context), file_(file), case_id_(std::move(case_id)) {}

  const ::passerelle::v1::Mission* FindMission(
      absl::string_view name) const override;
  absl::Status Find(absl::string_view name,
                    google::protobuf::Message* message) const override;
  absl::Status RequireNoOpenExchange() const override;
  absl::Status ForEach(
      const google::protobuf::Message& prototype,
      const std::function<bool(const google::protobuf::Message&)>& visit)
      const override;

 private:
  absl::Status ForEachOfKind(
      const domain::KindSpec& kind,
      const std::function<bool(const google::protobuf::Message&)>& visit) const;

  const WriterContext& context_;
  const ::passerelle::v1::Case* const file_;
  const std::string case_id_;
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_SURROUNDINGS_H_
