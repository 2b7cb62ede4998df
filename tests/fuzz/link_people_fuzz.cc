#include "server/matching/link/encoding/encoder.h"
#include "server/matching/link/people_reader.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_file.h"

namespace passerelle::fuzz {

std::vector<std::string> Seeds() {
  return {
      "id,name,born,sex,phone,paper,place\n"
      "1,Fatou Diallo,1984-02-03,f,+224 620 11 22 33,P1;P2,Labé\n"
      "2,محمد بن علي,1984,m,,,\n3,ኃይለ ሥላሴ,00/00/0000,x,1/2,|,\n",
      "id;name;born;sex;phone;paper;place\n1;A;;;;;\n2;😀 12;9999;;;;\n"};
}

}  // namespace passerelle::fuzz

// A table through the whole of reading and encoding.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace passerelle;
  static const auto* const map = new link::ColumnMap(*link::ParseColumnMap(
      "[columns]\nid='id'\nfull_name='name'\nbirth_date='born'\nsex='sex'\n"
      "phone='phone'\nidentifier='paper'\nplace='place'\n",
      "map"));
  static auto* const encoder = new link::Encoder(link::EncodingKey());
  const fuzz::MemoryFile file(data, size);
  link::Remarks remarks(link::Strictness::kRemark);
  const auto reader = link::PeopleReader::Open(
      file.path(), *map, link::Absent::kForbidden, remarks);
  if (!reader.ok()) return 0;
  matching::Record record;
  while (true) {
    const auto found = (*reader)->Next(&record);
    if (!found.ok() || !*found) return 0;
    fuzz::Require(!record.id.empty());
    const link::Encoding encoding = encoder->Encode(record);
    fuzz::Require(encoding.filters.size() == 1);
    fuzz::Require(encoding.blocks.size() <= link::kMaxBlockKeys);
  }
}
