// protoc-gen-passerelle: makes code and documentation from the contract's
// options. --passerelle_opt=verbs | glue | docs says what.

#include <memory>

#include "absl/strings/str_join.h"
#include "google/protobuf/compiler/code_generator.h"
#include "google/protobuf/compiler/plugin.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream.h"
#include "protoc/check.h"
#include "protoc/generate.h"

namespace passerelle::plugin {
namespace {

namespace pbc = ::google::protobuf::compiler;

class Generator final : public pbc::CodeGenerator {
 public:
  uint64_t GetSupportedFeatures() const override {
    return FEATURE_PROTO3_OPTIONAL;
  }

  bool Generate(const FileDescriptor* file, const std::string& parameter,
                pbc::GeneratorContext* context,
                std::string* error) const override {
    return GenerateAll({file}, parameter, context, error);
  }

  bool GenerateAll(const std::vector<const FileDescriptor*>& files,
                   const std::string& parameter, pbc::GeneratorContext* context,
                   std::string* error) const override {
    if (const auto problems = CheckContract(files); !problems.empty()) {
      *error = absl::StrJoin(problems, "\n");
      return false;
    }
    Output output;
    if (parameter == "verbs") {
      output = GenerateVerbs(files);
    } else if (parameter == "glue") {
      output = GenerateGlue(files);
    } else if (parameter == "docs") {
      output = GenerateDocs(files);
    } else {
      *error = "--passerelle_opt must be verbs, glue or docs";
      return false;
    }
    for (const auto& [name, content] : output) {
      std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> stream(
          context->Open(name));
      google::protobuf::io::CodedOutputStream coded(stream.get());
      coded.WriteString(content);
    }
    return true;
  }
};

}  // namespace
}  // namespace passerelle::plugin

int main(int argc, char* argv[]) {
  passerelle::plugin::Generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
