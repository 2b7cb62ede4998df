// What comes over the wire that no generated stub would send.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/directory.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "tests/rpc/evidence.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

class Wire : public ::testing::Test {
 protected:
  Reply Get(const std::string& bytes) {
    return SendBytes(server_, "iom-tn/cm", "GetCase", bytes);
  }
  TestServer server_;
  Evidence evidence_{server_};
};

TEST_F(Wire, BytesThatAreNoRequest) {
  const Target file = Bring(server_, "case:ACCEPTED");
  const Reply before = Look(server_, "iom-tn/cm", file.name);
  const std::string good =
      MakeRequest("GetCase", Named(file.name))->SerializeAsString();
  std::string nested;  // one group in the other, 10,000 deep
  for (int i = 0; i < 10000; ++i) nested += '\x0b';
  const std::vector<std::string> wrong = {
      "\x0a\x02\xc3\x28",               // invalid UTF-8 in `name`
      "\x0a\x03\xed\xa0\x80",           // a surrogate
      good.substr(0, good.size() - 1),  // cut short
      "\xff\xff\xff\xff",
      "\x0a\xff\xff\xff\xff\x0f",  // a length beyond the end
      nested,
  };
  for (const std::string& bytes : wrong) {
    SCOPED_TRACE(absl::StrCat(bytes.size(), " bytes"));
    evidence_.Refused("GetCase", Get(bytes), "FIELD_INVALID");
  }
  // The same for a change.
  evidence_.Refused(
      "AcceptCase",
      SendBytes(server_, "iom-ma/fp", "AcceptCase", "\x0a\x02\xc3\x28"),
      "FIELD_INVALID");
  EXPECT_EQ(Look(server_, "iom-tn/cm", file.name).bytes, before.bytes);
  evidence_.Compare();
}

TEST_F(Wire, RequestsThatAreTooLarge) {
  const Target file = Bring(server_, "case:ACCEPTED");
  for (const char* method : {"GetCase", "AcceptCase"}) {
    const MessagePtr large = MakeRequest(method, Named(file.name));
    large->GetReflection()
        ->MutableUnknownFields(large.get())
        ->AddLengthDelimited(900, std::string(100 * 1024, 'x'));
    evidence_.Refused(method, Send(server_, "iom-tn/cm", method, *large),
                      "REQUEST_TOO_LARGE");
  }
  // A million empty elements are looked at no more than that.
  std::string items;
  for (int i = 0; i < 1000000; ++i) items.append("\x22\x00", 2);
  evidence_.Refused("CreateCase",
                    SendBytes(server_, "iom-tn/cm", "CreateCase", items),
                    "REQUEST_TOO_LARGE");
  // Beyond 4 MiB gRPC refuses before there is a call: no reason, no evidence.
  EXPECT_THAT(Get(std::string(5 << 20, 'x')),
              StatusIs(absl::StatusCode::kResourceExhausted));
  evidence_.Compare();
}

TEST_F(Wire, UnknownFieldsAtAnyDepth) {
  const Target file = Bring(server_, "case:ACCEPTED");
  const MessagePtr create = MakeRequest(
      "CreateConsent",
      "parent: '$file' consent { scope: SHARE_WITH_ORIGIN_MISSION recipient: "
      "'missions/iom-ma' language: 'ar' form: WRITTEN }",
      file.words());
  auto* consent = create->GetReflection()->MutableMessage(
      create.get(), create->GetDescriptor()->FindFieldByName("consent"));
  consent->GetReflection()->MutableUnknownFields(consent)->AddVarint(99, 1);
  evidence_.Refused("CreateConsent",
                    Send(server_, "iom-tn/cm", "CreateConsent", *create),
                    "UNKNOWN_FIELD");
  evidence_.Compare();
}

TEST_F(Wire, PageTokens) {
  for (int i = 0; i < 3; ++i) Bring(server_, "case:PROPOSED");
  const auto first = Must<pb::ListCasesResponse>(server_, "iom-ma/fp",
                                                 "ListCases", "page_size: 2");
  const std::string token = first.next_page_token();
  ASSERT_FALSE(token.empty());
  const auto refuse = [&](const std::string& who, const std::string& method,
                          const std::string& text) {
    evidence_.Refused(method, Send(server_, who, method, text),
                      "PAGE_TOKEN_INVALID");
  };
  std::string damaged = token;
  damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
  for (const std::string& bad :
       {damaged, std::string("x"), token + "A", token.substr(4),
        std::string(
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")}) {
    refuse("iom-ma/fp", "ListCases",
           absl::StrCat("page_size: 2 page_token: '", bad, "'"));
  }
  // Of another mission, of another method.
  refuse("iom-tn/cm", "ListCases", absl::StrCat("page_token: '", token, "'"));
  refuse("iom-ma/fp", "ListFeasibilityStudies",
         absl::StrCat("parent: 'cases/-' page_token: '", token, "'"));
  for (const char* text : {"page_size: -1", "page_size: -2147483648"}) {
    evidence_.Refused("ListCases",
                      Send(server_, "iom-ma/fp", "ListCases", text),
                      "FIELD_INVALID");
  }
  evidence_.Refused(
      "ListCases",
      Send(server_, "iom-ma/fp", "ListCases",
           absl::StrCat("page_token: '", std::string(513, 'A'), "'")),
      "FIELD_INVALID");
  // A page may be larger than any allowed; it is cut to 1,000.
  EXPECT_EQ(Must<pb::ListCasesResponse>(server_, "iom-ma/fp", "ListCases",
                                        "page_size: 2147483647")
                .cases_size(),
            3);
  evidence_.Compare();
}

TEST_F(Wire, MailboxPositions) {
  Bring(server_, "case:PROPOSED");  // one entry for iom-ma
  const auto refuse = [&](const std::string& method, const std::string& text,
                          const std::string& reason) {
    evidence_.Refused(method, Send(server_, "iom-ma", method, text), reason);
  };
  refuse("FetchMailbox", "after_sequence: 2", "CURSOR_INVALID");
  refuse("FetchMailbox", "after_sequence: -1", "FIELD_INVALID");
  refuse("FetchMailbox", "max_entries: -1", "FIELD_INVALID");
  refuse("FetchMailbox", "after_sequence: 9223372036854775807",
         "CURSOR_INVALID");
  refuse("AcknowledgeMailbox", "up_to_sequence: 2", "CURSOR_INVALID");
  refuse("AcknowledgeMailbox", "up_to_sequence: -5", "FIELD_INVALID");
  EXPECT_EQ(Must<pb::FetchMailboxResponse>(
                server_, "iom-ma", "FetchMailbox",
                "wait { seconds: -9 nanos: -1 } max_entries: 2147483647")
                .entries_size(),
            1);
  evidence_.Compare();
}

TEST_F(Wire, TimesThatAreNone) {
  for (const char* time :
       {"valid_from_time { seconds: 999999999999999 }",
        "valid_from_time { seconds: 1 nanos: -1 }",
        "valid_until_time { seconds: 1 nanos: 1000000000 }",
        "valid_until_time { seconds: -99999999999999 }",
        "valid_from_time { seconds: 2000 } valid_until_time { seconds: 1000 "
        "}"}) {
    SCOPED_TRACE(time);
    evidence_.Refused(
        "CreateOfficer",
        Send(server_, "iom-tn/fp", "CreateOfficer",
             absl::StrCat("parent: 'missions/iom-tn' officer_id: 'ofc' officer "
                          "{ display_name: 'x' roles: CASE_MANAGER ",
                          time, " }")),
        "FIELD_INVALID");
  }
  evidence_.Compare();
}

}  // namespace
}  // namespace passerelle::testing
