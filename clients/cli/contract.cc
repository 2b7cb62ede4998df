#include "clients/cli/contract.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.pb.h"
#include "passerelle/options/v1/options.pb.h"

namespace passerelle::cli {

extern const unsigned char kEmbeddedContract[];
extern const std::size_t kEmbeddedContractSize;

namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorSet;

constexpr char kPackage[] = "passerelle.v1";

}  // namespace

Contract::Contract()
    : pool_(std::make_unique<google::protobuf::DescriptorPool>()),
      factory_(std::make_unique<google::protobuf::DynamicMessageFactory>(
          pool_.get())) {}

std::unique_ptr<Contract> Contract::Create(const FileDescriptorSet& set) {
  std::unique_ptr<Contract> contract(new Contract());
  for (const auto& proto : set.file()) {
    const FileDescriptor* file = contract->pool_->BuildFile(proto);
    if (file == nullptr) return nullptr;
    if (file->package() != kPackage) continue;
    for (int i = 0; i < file->service_count(); ++i) {
      contract->services_.push_back(file->service(i));
    }
  }
  std::sort(contract->services_.begin(), contract->services_.end(),
            [](const auto* a, const auto* b) { return a->name() < b->name(); });
  return contract;
}

const Contract& Contract::Embedded() {
  static const Contract* const contract = [] {
    // Parsing needs the extensions of options.proto registered.
    passerelle::options::v1::Access::default_instance();
    FileDescriptorSet set;
    set.ParseFromArray(kEmbeddedContract,
                       static_cast<int>(kEmbeddedContractSize));
    return Create(set).release();
  }();
  return *contract;
}

std::unique_ptr<google::protobuf::Message> Contract::New(
    const google::protobuf::Descriptor* type) const {
  return std::unique_ptr<google::protobuf::Message>(
      factory_->GetPrototype(type)->New());
}

std::string Contract::ReasonHelp(absl::string_view reason) const {
  const EnumDescriptor* reasons =
      pool_->FindEnumTypeByName(absl::StrCat(kPackage, ".ErrorReason"));
  if (reasons == nullptr) return {};
  const auto* value =
      reasons->FindValueByName(std::string(reason.data(), reason.size()));
  return value == nullptr ? std::string() : CommentOf(value);
}

std::string Unwrapped(absl::string_view comment) {
  std::string result;
  bool fresh = true;  // whether a paragraph begins
  for (absl::string_view line : absl::StrSplit(comment, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) {
      fresh = true;
      continue;
    }
    const bool item = absl::StartsWith(line, "- ");
    if (!result.empty()) result += fresh || item ? "\n" : " ";
    absl::StrAppend(&result, line);
    fresh = false;
  }
  return result;
}

}  // namespace passerelle::cli
