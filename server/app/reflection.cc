#include "server/app/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/grpcpp.h>

#include <set>
#include <utility>

#include "common/grpc_status.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace passerelle::app {
namespace {

using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FileDescriptor;
using ::grpc::reflection::v1alpha::ServerReflectionRequest;
using ::grpc::reflection::v1alpha::ServerReflectionResponse;
using Contract = ::grpc::reflection::v1alpha::ServerReflection;

// A name and, at most, the client's own host name.
constexpr size_t kMaxRequestBytes = 4096;

void AddWithImports(const FileDescriptor* file,
                    std::set<const FileDescriptor*>* seen,
                    ServerReflectionResponse* response) {
  if (!seen->insert(file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  *response->mutable_file_descriptor_response()->add_file_descriptor_proto() =
      proto.SerializeAsString();
  for (int i = 0; i < file->dependency_count(); ++i) {
    AddWithImports(file->dependency(i), seen, response);
  }
}

void SetError(grpc::StatusCode code, const char* message,
              ServerReflectionResponse* response) {
  response->mutable_error_response()->set_error_code(code);
  response->mutable_error_response()->set_error_message(message);
}

void AnswerFile(const FileDescriptor* file,
                ServerReflectionResponse* response) {
  if (file == nullptr) {
    return SetError(grpc::StatusCode::NOT_FOUND, "not found", response);
  }
  std::set<const FileDescriptor*> seen;
  AddWithImports(file, &seen, response);
}

void AnswerExtensions(const std::string& type,
                      ServerReflectionResponse* response) {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  const auto* descriptor = pool->FindMessageTypeByName(type);
  if (descriptor == nullptr) {
    return SetError(grpc::StatusCode::NOT_FOUND, "not found", response);
  }
  auto* answer = response->mutable_all_extension_numbers_response();
  answer->set_base_type_name(type);
  std::vector<const FieldDescriptor*> extensions;
  pool->FindAllExtensions(descriptor, &extensions);
  for (const FieldDescriptor* extension : extensions) {
    answer->add_extension_number(extension->number());
  }
}

class Reflection final
    : public Contract::WithRawCallbackMethod_ServerReflectionInfo<
          Contract::Service> {
 public:
  Reflection(std::vector<std::string> services, Admission admission)
      : services_(std::move(services)), admission_(std::move(admission)) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override {
    return new Stream(this, admission_.enter(context));
  }

 private:
  // One question, one answer, until the caller has no more.
  class Stream final
      : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    Stream(const Reflection* service,
           absl::StatusOr<std::shared_ptr<const PeerIdentity>> peer)
        : service_(*service) {
      if (peer.ok()) {
        peer_ = *std::move(peer);
        StartRead(&question_);
      } else {
        End(peer.status());
      }
    }

    void OnReadDone(bool ok) override {
      if (!ok) return End(absl::OkStatus());
      const absl::Status still = service_.admission_.still(*peer_);
      if (!still.ok()) return End(still);
      grpc::ProtoBufferReader reader(&question_);
      ServerReflectionRequest request;
      if (question_.Length() > kMaxRequestBytes || !reader.status().ok() ||
          !request.ParseFromZeroCopyStream(&reader)) {
        return End(absl::InvalidArgumentError("no reflection request"));
      }
      const ServerReflectionResponse response = service_.Answer(request);
      answer_.Clear();  // a writer wants it empty
      bool own = false;
      const grpc::Status serialized =
          grpc::GenericSerialize<grpc::ProtoBufferWriter,
                                 ServerReflectionResponse>(response, &answer_,
                                                           &own);
      if (!serialized.ok()) return End(FromGrpc(serialized));
      StartWrite(&answer_);
    }

    void OnWriteDone(bool ok) override {
      if (!ok) return End(absl::CancelledError("the caller went away"));
      StartRead(&question_);
    }

    void OnDone() override { delete this; }

   private:
    void End(const absl::Status& status) { Finish(ToGrpc(status)); }

    const Reflection& service_;
    std::shared_ptr<const PeerIdentity> peer_;
    grpc::ByteBuffer question_;
    grpc::ByteBuffer answer_;
  };

  ServerReflectionResponse Answer(
      const ServerReflectionRequest& request) const {
    const DescriptorPool* pool = DescriptorPool::generated_pool();
    ServerReflectionResponse response;
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    switch (request.message_request_case()) {
      case ServerReflectionRequest::kFileByFilename:
        AnswerFile(pool->FindFileByName(request.file_by_filename()), &response);
        break;
      case ServerReflectionRequest::kFileContainingSymbol:
        AnswerFile(
            pool->FindFileContainingSymbol(request.file_containing_symbol()),
            &response);
        break;
      case ServerReflectionRequest::kFileContainingExtension: {
        const auto& wanted = request.file_containing_extension();
        const auto* type =
            pool->FindMessageTypeByName(wanted.containing_type());
        const FieldDescriptor* extension =
            type == nullptr
                ? nullptr
                : pool->FindExtensionByNumber(type, wanted.extension_number());
        AnswerFile(extension == nullptr ? nullptr : extension->file(),
                   &response);
        break;
      }
      case ServerReflectionRequest::kAllExtensionNumbersOfType:
        AnswerExtensions(request.all_extension_numbers_of_type(), &response);
        break;
      case ServerReflectionRequest::kListServices:
        for (const std::string& name : services_) {
          response.mutable_list_services_response()->add_service()->set_name(
              name);
        }
        break;
      case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
        SetError(grpc::StatusCode::INVALID_ARGUMENT, "no question", &response);
        break;
    }
    return response;
  }

  const std::vector<std::string> services_;
  const Admission admission_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeReflection(std::vector<std::string> services,
                                              Admission admission) {
  return std::make_shared<Reflection>(std::move(services),
                                      std::move(admission));
}

}  // namespace passerelle::app
