#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "protoc/generate.h"

namespace passerelle::plugin {
namespace {

std::string ClassName(const ServiceDescriptor* service) {
  return absl::StrReplaceAll(absl::StrCat(service->name(), "|"),
                             {{"Service|", "Verbs"}, {"|", "Verbs"}});
}

std::string ChangeType(const MethodDescriptor* method) {
  const auto shape = method->service()->options().GetExtension(options::shape);
  return shape == options::ANY_EXCHANGE
             ? std::string("AnyChange&")
             : absl::StrCat("Change<", CppName(method->output_type()), ">");
}

std::string Header(const FileDescriptor* file) {
  const std::string guard = absl::AsciiStrToUpper(
      absl::StrCat("PASSERELLE_GENERATED_", Stem(file), "_VERBS_H_"));
  std::string out = absl::StrCat(
      "// Made from ", file->name(), ". Do not edit.\n#ifndef ", guard,
      "\n#define ", guard,
      "\n\n#include <memory>\n\n#include \"absl/status/status.h\"\n"
      "#include \"",
      absl::StrReplaceAll(file->name(), {{".proto", ".pb.h"}}),
      "\"\n#include \"server/domain/change.h\"\n\n"
      "namespace passerelle::domain {\n");
  for (int s = 0; s < file->service_count(); ++s) {
    const ServiceDescriptor* service = file->service(s);
    const std::string name = ClassName(service);
    absl::StrAppend(
        &out, "\n// Guards and effects of ", service->full_name(),
        ". The engine has\n// loaded the resource, checked access, rules, etag "
        "and state before it calls.\nclass ",
        name, " : public Verbs {\n public:\n");
    for (int m = 0; m < service->method_count(); ++m) {
      const MethodDescriptor* method = service->method(m);
      if (IsGeneric(method)) continue;
      absl::StrAppend(&out, "  virtual absl::Status ", method->name(),
                      "(\n      const ", CppName(method->input_type()),
                      "& request,\n      ", ChangeType(method),
                      " change) = 0;\n");
    }
    if (const Descriptor* kind = ReopenedKindOf(service); kind != nullptr) {
      absl::StrAppend(
          &out,
          "  // Refuses to reopen what could not be sent anew, and forgets how "
          "it went\n  // before.\n  virtual absl::Status Reopen",
          kind->name(), "(\n      Change<", CppName(kind),
          "> change) = 0;\n\n"
          "  absl::Status Reopen(AnyChange& change) final;\n");
    }
    absl::StrAppend(
        &out,
        "\n  absl::Status Apply(int method,\n"
        "                     const ::google::protobuf::Message& request,\n"
        "                     AnyChange& change) final;\n};\n\n"
        "// Defined beside the guards.\nstd::unique_ptr<Verbs> Make",
        name, "();\n");
  }
  absl::StrAppend(&out, "\n}  // namespace passerelle::domain\n\n#endif  // ",
                  guard, "\n");
  return out;
}

std::string Source(const FileDescriptor* file) {
  std::string out = absl::StrCat(
      "// Made from ", file->name(), ". Do not edit.\n#include \"generated/",
      Stem(file), ".verbs.h\"\n\nnamespace passerelle::domain {\n");
  for (int s = 0; s < file->service_count(); ++s) {
    const ServiceDescriptor* service = file->service(s);
    absl::StrAppend(&out, "\nabsl::Status ", ClassName(service),
                    "::Apply(int method,\n"
                    "    const ::google::protobuf::Message& request,\n"
                    "    AnyChange& change) {\n  switch (method) {\n");
    for (int m = 0; m < service->method_count(); ++m) {
      const MethodDescriptor* method = service->method(m);
      if (IsGeneric(method)) continue;
      absl::StrAppend(&out, "    case ", m, ":\n      return ", method->name(),
                      "(static_cast<const ", CppName(method->input_type()),
                      "&>(request),\n          ",
                      ChangeType(method) == "AnyChange&"
                          ? std::string("change")
                          : absl::StrCat(ChangeType(method), "(change)"),
                      ");\n");
    }
    absl::StrAppend(&out,
                    "    default:\n      return absl::InternalError(\"method "
                    "has no verb\");\n  }\n}\n");
    if (const Descriptor* kind = ReopenedKindOf(service); kind != nullptr) {
      absl::StrAppend(&out, "\nabsl::Status ", ClassName(service),
                      "::Reopen(AnyChange& change) {\n  return Reopen",
                      kind->name(), "(Change<", CppName(kind),
                      ">(change));\n}\n");
    }
  }
  absl::StrAppend(&out, "\n}  // namespace passerelle::domain\n");
  return out;
}

}  // namespace

Output GenerateVerbs(const Files& files) {
  Output output;
  for (const FileDescriptor* file : files) {
    if (file->service_count() == 0) continue;
    if (!IsGuarded(file->service(0))) continue;
    output[absl::StrCat("generated/", Stem(file), ".verbs.h")] = Header(file);
    output[absl::StrCat("generated/", Stem(file), ".verbs.cc")] = Source(file);
  }
  return output;
}

}  // namespace passerelle::plugin
