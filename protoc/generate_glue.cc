#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "protoc/generate.h"

namespace passerelle::plugin {
namespace {

std::string VerbsMaker(const ServiceDescriptor* service) {
  return absl::StrReplaceAll(absl::StrCat("Make", service->name(), "|"),
                             {{"Service|", "Verbs"}, {"|", "Verbs"}});
}

std::string Glue(const FileDescriptor* file) {
  std::string out = absl::StrCat(
      "// Made from ", file->name(),
      ". Do not edit.\n#include <memory>\n\n#include "
      "\"grpcpp/grpcpp.h\"\n#include \"",
      absl::StrReplaceAll(file->name(), {{".proto", ".grpc.pb.h"}}),
      "\"\n#include \"server/rpc/call_sink.h\"\n\nnamespace passerelle::rpc "
      "{\n");
  for (int s = 0; s < file->service_count(); ++s) {
    const ServiceDescriptor* service = file->service(s);
    const std::string cpp = absl::StrCat(
        "::", absl::StrReplaceAll(service->full_name(), {{".", "::"}}));
    for (int m = 0; m < service->method_count(); ++m) {
      const MethodDescriptor* method = service->method(m);
      if (!method->server_streaming()) continue;
      absl::StrAppend(
          &out, "\n// Defined by the streaming service.\n",
          "::grpc::ServerWriteReactor<::grpc::ByteBuffer>* Start",
          method->name(),
          "(\n    CallSink* sink, const domain::MethodSpec& method,\n    "
          "::grpc::CallbackServerContext* context,\n    const "
          "::grpc::ByteBuffer* request);\n");
    }
    // Requests come as bytes: gRPC would parse them for whoever calls, answer
    // UNIMPLEMENTED to what does not parse, and nobody would record it.
    std::string base = absl::StrCat(cpp, "::Service");
    for (int m = 0; m < service->method_count(); ++m) {
      const MethodDescriptor* method = service->method(m);
      base = absl::StrCat("\n    ", cpp, "::WithRawCallbackMethod_",
                          method->name(), "<", base, ">");
    }
    absl::StrAppend(&out, "\nnamespace {\n\nclass ", service->name(),
                    "Glue final : public ", base, " {\n public:\n  explicit ",
                    service->name(),
                    "Glue(CallSink* sink)\n      : sink_(sink), "
                    "methods_(sink->Methods(\"",
                    service->full_name(), "\")) {}\n");
    for (int m = 0; m < service->method_count(); ++m) {
      const MethodDescriptor* method = service->method(m);
      if (method->server_streaming()) {
        absl::StrAppend(
            &out, "  ::grpc::ServerWriteReactor<::grpc::ByteBuffer>* ",
            method->name(),
            "(\n      ::grpc::CallbackServerContext* context,\n      const "
            "::grpc::ByteBuffer* request) override {\n    return Start",
            method->name(), "(sink_, methods_[", m,
            "], context, request);\n  }\n");
      } else {
        absl::StrAppend(
            &out, "  ::grpc::ServerUnaryReactor* ", method->name(),
            "(\n      ::grpc::CallbackServerContext* context,\n      const "
            "::grpc::ByteBuffer* request,\n      ::grpc::ByteBuffer* "
            "response) override {\n    return sink_->Unary(methods_[",
            m, "], context, request, response);\n  }\n");
      }
    }
    absl::StrAppend(&out,
                    "\n private:\n  CallSink* const sink_;\n  const "
                    "domain::MethodSpec* const methods_;\n};\n\n}  // "
                    "namespace\n\nstd::shared_ptr<::grpc::Service> Make",
                    service->name(),
                    "Glue(CallSink* sink) {\n  return std::make_shared<",
                    service->name(), "Glue>(sink);\n}\n");
  }
  absl::StrAppend(&out, "\n}  // namespace passerelle::rpc\n");
  return out;
}

std::string List(const Files& files) {
  std::string declarations;
  std::string rows;
  std::string includes;
  std::string verbs;
  for (const FileDescriptor* file : files) {
    if (file->service_count() == 0) continue;
    absl::StrAppend(&includes, "#include \"",
                    absl::StrReplaceAll(file->name(), {{".proto", ".pb.h"}}),
                    "\"\n");
    for (int s = 0; s < file->service_count(); ++s) {
      const ServiceDescriptor* service = file->service(s);
      absl::StrAppend(&declarations, "std::shared_ptr<::grpc::Service> Make",
                      service->name(), "Glue(CallSink* sink);\n");
      if (IsGuarded(service)) {
        absl::StrAppend(&verbs, "std::unique_ptr<Verbs> ", VerbsMaker(service),
                        "();\n");
      }
      const std::string anchor = CppName(service->method(0)->input_type());
      absl::StrAppend(
          &rows, "      {\n          ", anchor,
          "::descriptor()->file()->service(", service->index(),
          "),\n          ",
          IsGuarded(service) ? absl::StrCat("&domain::", VerbsMaker(service))
                             : std::string("nullptr"),
          ",\n          &Make", service->name(), "Glue,\n      },\n");
    }
  }
  return absl::StrCat(
      "// Made from all protos. Do not edit.\n#include "
      "\"server/rpc/services.h\"\n\n",
      includes, "\nnamespace passerelle::domain {\n\n", verbs,
      "\n}  // namespace passerelle::domain\n\nnamespace passerelle::rpc "
      "{\n\n",
      declarations, "\nstd::vector<ServiceEntry> AllServices() {\n  return {\n",
      rows, "  };\n}\n\n}  // namespace passerelle::rpc\n");
}

}  // namespace

Output GenerateGlue(const Files& files) {
  Output output;
  for (const FileDescriptor* file : files) {
    if (file->service_count() == 0) continue;
    output[absl::StrCat("generated/", Stem(file), ".glue.cc")] = Glue(file);
  }
  output["generated/services.cc"] = List(files);
  return output;
}

}  // namespace passerelle::plugin
