#include "server/matching/link/model_file.h"

#include <memory>

#include "common/file_reader.h"
#include "common/status_macros.h"
#include "server/matching/link/output_file.h"
#include "server/matching/link/problem.h"

namespace passerelle::link {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;

}  // namespace

absl::StatusOr<matching::Model> LoadModel(const std::string& path) {
  const absl::StatusOr<std::string> text =
      ReadSmallFile(path, FilePrivacy::kAny, kMaxFileBytes);
  if (text.status().code() == absl::StatusCode::kInvalidArgument) {
    return Problem(Reason::kModel, {}, text.status().message());
  }
  if (!text.ok()) return text.status();
  absl::StatusOr<matching::Model> model = matching::ParseModel(*text);
  if (!model.ok()) {
    return Problem(Reason::kModel, {path, 0, ""}, model.status().message());
  }
  return model;
}

absl::Status SaveModel(const matching::Model& model, const std::string& path) {
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> file,
                              OutputFile::Open(path));
  file->Write(matching::SerialiseModel(model));
  return file->Commit();
}

}  // namespace passerelle::link
