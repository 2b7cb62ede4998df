#include "tests/access/files.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/api/resource.pb.h"
#include "google/type/date.pb.h"
#include "passerelle/options/v1/options.pb.h"
#include "passerelle/v1/directory.pb.h"
#include "passerelle/v1/document_key.pb.h"
#include "server/rpc/services.h"
#include "tests/support/documents.h"
#include "tests/support/journey.h"

namespace passerelle::testing {
namespace {

namespace options = ::passerelle::options::v1;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kDocument = 256 * 1024 + 100;  // bytes: two chunks

struct Partner {
  const char* id;
  const char* kind;  // null: registered by TestServer
  const char* country;
  const char* role;  // of the officer who answers for it
};
constexpr Partner kPartners[] = {
    {"iom-tn", nullptr, "TN", "FP"},
    {"iom-ma", nullptr, "MA", "FP"},
    {"iom-es", nullptr, "ES", "FP"},
    {"iom-de", nullptr, "DE", "FP"},
    {"ngo-tn", nullptr, "TN", "SP"},
    {"ngo-es", nullptr, "ES", "SP"},
    {"consulate-ma", nullptr, "MA", "CO"},
    {"platform", nullptr, "", "OP"},
    {"ministry-tn", "MINISTRY", "TN", "MIN"},
    {"border-tn", "BORDER", "TN", "BRD"},
    {"clinic-tn", "PROVIDER", "TN", "SP"},
    {"un-tn", "UN_AGENCY", "TN", "SP"},
    {"gov-ca", "GOVERNMENT", "CA", "FP"},
};

std::string WhoAnswersFor(const std::string& mission) {
  for (const Partner& partner : kPartners) {
    if (partner.id == mission) return Officer(mission, partner.role);
  }
  std::abort();
}

std::string Made(const Reply& reply) {
  return GetString(*reply.answer, "name");
}

// As text for a consent or grant that time ends, before FillFiles is called.
std::string SoonOver(TestServer& server) {
  return absl::StrCat(
      " expire_time { seconds: ",
      absl::ToUnixSeconds(server.clock().Now() + absl::Hours(1)), " } ");
}

bool IsOwn(const FieldDescriptor* field) {
  return field->message_type() != nullptr &&
         absl::StartsWith(field->message_type()->full_name(), "passerelle.");
}

// Field of the items that decides their class; null when none does.
const FieldDescriptor* ClassField(const FieldDescriptor* list) {
  if (!IsOwn(list)) return nullptr;
  return list->message_type()->FindFieldByName(
      list->message_type()->options().GetExtension(options::class_field));
}

// Fills what is empty with something.
class Filler {
 public:
  Filler(absl::Time travel) : travel_(travel) {}

  void Fill(const std::string& resource, const std::string& prefix,
            Message* message) {
    const auto* reflection = message->GetReflection();
    const Descriptor* type = message->GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      const std::string path = absl::StrCat(prefix, field->name());
      if (ClassField(field) != nullptr) {
        FillByClass(resource, path, field, message);
        continue;
      }
      // A message may have parts in other blocks: it is entered in any case,
      // and stays as it is where all of it is status.
      if (!Holds(resource, path, field)) continue;
      block_ = Expected::Get().BlockOf(resource, path);
      if (field->is_repeated()) {
        if (reflection->FieldSize(*message, field) == 0) Add(field, message);
        if (!IsOwn(field)) continue;
        for (int j = 0; j < reflection->FieldSize(*message, field); ++j) {
          Fill(resource, path + ".",
               reflection->MutableRepeatedMessage(message, field, j));
        }
      } else if (IsOwn(field)) {
        Fill(resource, path + ".", reflection->MutableMessage(message, field));
      } else if (!reflection->HasField(*message, field)) {
        Set(field, message);
      }
    }
  }

 private:
  // Whether anything at the path or below is more than status.
  static bool Holds(const std::string& resource, const std::string& path,
                    const FieldDescriptor* field) {
    if (!IsOwn(field)) {
      return Expected::Get().BlockOf(resource, path) != "status";
    }
    bool any = false;
    ForEachPath(field->message_type(), [&](const std::string& below) {
      any |= Expected::Get().BlockOf(
                 resource, absl::StrCat(path, ".", below)) != "status";
    });
    return any;
  }

  void FillByClass(const std::string& resource, const std::string& path,
                   const FieldDescriptor* list, Message* message) {
    const auto* reflection = message->GetReflection();
    reflection->ClearField(message, list);
    const FieldDescriptor* code = ClassField(list);
    for (int i = 0; i < code->enum_type()->value_count(); ++i) {
      const int value = code->enum_type()->value(i)->number();
      if (value == 0) continue;
      block_ = Expected::Get().BlockOf(
          resource,
          absl::StrCat(path, "/", code->enum_type()->value(i)->name()));
      Message* item = reflection->AddMessage(message, list);
      for (int j = 0; j < item->GetDescriptor()->field_count(); ++j) {
        Set(item->GetDescriptor()->field(j), item);
      }
      item->GetReflection()->SetEnumValue(item, code, value);
    }
  }

  std::string Text() { return absl::StrCat(Canary(block_), ++count_); }

  static int AnyValue(const FieldDescriptor* field) {
    const auto* type = field->enum_type();
    return type->value(type->value_count() > 1 ? 1 : 0)->number();
  }

  void Add(const FieldDescriptor* field, Message* message) {
    const auto* reflection = message->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection->AddString(message, field, Text());
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection->AddEnumValue(message, field, AnyValue(field));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        reflection->AddMessage(message, field);
        return;
      default:
        Unknown(field);
    }
  }

  void Set(const FieldDescriptor* field, Message* message) {
    const auto* reflection = message->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection->SetString(message, field, Text());
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection->SetEnumValue(message, field, AnyValue(field));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection->SetBool(message, field, true);
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection->SetInt32(message, field, 3);
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection->SetInt64(message, field, 3);
      case FieldDescriptor::CPPTYPE_UINT32:
        return reflection->SetUInt32(message, field, 3);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return SetTime(reflection->MutableMessage(message, field));
      default:
        Unknown(field);
    }
  }

  void SetTime(Message* message) {
    const auto* type = message->GetDescriptor();
    if (type == google::type::Date::descriptor()) {
      auto* date = static_cast<google::type::Date*>(message);
      const absl::CivilDay day = absl::ToCivilDay(travel_, absl::UTCTimeZone());
      date->set_year(static_cast<int>(day.year()));
      date->set_month(day.month());
      date->set_day(day.day());
    } else if (const auto* seconds = type->FindFieldByName("seconds")) {
      message->GetReflection()->SetInt64(message, seconds,
                                         absl::ToUnixSeconds(travel_));
    } else {
      std::fprintf(stderr, "how is a %s filled?\n", type->full_name().c_str());
      std::abort();
    }
  }

  [[noreturn]] static void Unknown(const FieldDescriptor* field) {
    std::fprintf(stderr, "how is %s filled?\n", field->full_name().c_str());
    std::abort();
  }

  const absl::Time travel_;
  std::string block_;  // of what is being filled
  int count_ = 0;
};

}  // namespace

std::string Canary(absl::string_view block) {
  return absl::StrCat("Kanari-", block, "-");
}

std::string Officer(const std::string& mission, const std::string& role) {
  return role == "-"
             ? mission
             : absl::StrCat(mission, "/as-", absl::AsciiStrToLower(role));
}

void RegisterEveryRole(TestServer& server) {
  const Expected& expected = Expected::Get();
  for (const Partner& partner : kPartners) {
    if (partner.kind != nullptr) {
      MustSend(server, "platform/operator", "CreateMission",
               absl::StrCat("mission_id: '", partner.id,
                            "' mission { display_name: '", partner.id,
                            "' kind: ", partner.kind, " country: '",
                            partner.country, "' accredited: true }"));
    }
    for (const std::string& role : expected.roles()) {
      // The directory gives operators to the platform alone.
      const bool platform = std::string(partner.id) == "platform";
      if (role == "-" || (role == "OP" && !platform)) continue;
      server.AddOfficer(partner.id,
                        absl::StrCat("as-", absl::AsciiStrToLower(role)),
                        absl::StrCat("roles: ", expected.RoleName(role)));
    }
  }
}

std::string ShareScope(const std::string& mission) {
  for (const char* authority : {"consulate-", "ministry-", "border-", "gov-"}) {
    if (absl::StartsWith(mission, authority)) {
      return "SHARE_WITH_ORIGIN_AUTHORITIES";
    }
  }
  return "SHARE_WITH_PARTNER";
}

std::string GiveConsent(TestServer& server, absl::string_view who,
                        const std::string& file, const std::string& scope,
                        const std::string& mission, const std::string& more) {
  return Made(
      MustSend(server, who, "CreateConsent",
               absl::StrCat("parent: '", file, "' consent { scope: ", scope,
                            " recipient: 'missions/", mission,
                            "' language: 'ar' form: WRITTEN ", more, " }")));
}

namespace {

// The document key of iom-tn; made when there is none.
std::string KeyOf(TestServer& server) {
  const auto listed = Must<passerelle::v1::ListDocumentKeysResponse>(
      server, "iom-tn/fp", "ListDocumentKeys", "parent: 'missions/iom-tn'");
  return listed.document_keys().empty() ? Bring(server, "key:").name
                                        : listed.document_keys(0).name();
}

}  // namespace

FileOf BuildFile(TestServer& server, const Situation& s) {
  FileOf made{&s, {}, {}};
  const bool retro = s.retroactive;
  const std::string owner = retro ? "iom-ma" : "iom-tn";
  const std::string other = retro ? "iom-tn" : "iom-ma";
  const Target opened =
      retro ? Bring(server, "retroactive:SELF_PRESENTED") : Target();
  const std::string file =
      retro ? opened.name
            : Made(MustSend(
                  server, "iom-tn/cm", "CreateCase",
                  "case { direction: INBOUND origin_mission: 'missions/iom-ma' "
                  "transit_missions: 'missions/iom-es' principal { given_name: "
                  "'Salma' family_name: 'Essai' sex: FEMALE nationality: 'MA' "
                  "birth_date { year: 1994 month: 3 day: 9 } } }"));
  const auto make = [&](absl::string_view who, absl::string_view method,
                        const std::string& text) {
    return Made(MustSend(server, who, method,
                         absl::StrCat("parent: '", file, "' ", text)));
  };
  const auto end = [&](const std::string& consent, const std::string& how) {
    if (how != "withdrawn") return;
    MustSend(server, owner + "/cm", "WithdrawConsent", Named(consent));
  };
  const auto ends = [&](const std::string& how) {
    return how == "expired" ? SoonOver(server) : std::string();
  };

  const std::string share =
      retro ? opened.file.consent
            : GiveConsent(server, owner + "/cm", file,
                          "SHARE_WITH_ORIGIN_MISSION", other, ends(s.share));
  made.names["person"] = make(
      owner + "/cm", "CreatePerson",
      "person { relation: PRINCIPAL sex: FEMALE names { kind: USUAL given: "
      "'Salma' family: 'Essai' } birth_date { date { year: 1994 month: 3 day: "
      "9 } precision: DAY } nationalities: 'MA' }");
  made.names["plan"] = make(
      owner + "/cm", "CreatePlan",
      "plan { outline: 'A bakery' ceiling { currency: 'MAD' hundredths: 900 } "
      "lines { category: CASH amount { currency: 'MAD' hundredths: 900 } } }");
  const std::string offered =
      GiveConsent(server, owner + "/cm", file, "SHARE_WITH_PARTNER", "ngo-es");
  made.names["grant"] = make(
      owner + "/fp", "CreateGrant",
      absl::StrCat("grant { recipient: 'missions/ngo-es' mode: READ purpose: "
                   "SERVICE_PROVISION basis: CONSENT consent: '",
                   offered, "' }"));
  made.names["consent"] = share;
  if (s.sent) {
    MustSend(server, owner + "/fp", "ProposeCase",
             absl::StrCat(Named(file), "consent: '", share, "'"));
    MustSend(server, other + "/fp", "AcceptCase", Named(file));
    made.names["study"] = make(
        "iom-tn/cm", "CreateFeasibilityStudy",
        absl::StrCat("feasibility_study { plan: '", made.names["plan"], "' }"));
    MustSend(
        server, "iom-tn/cm", "RequestFeasibilityStudy",
        absl::StrCat(Named(made.names["study"]), "consent: '", share, "'"));
    if (s.travel_in_days == 1) {
      if (!retro) {
        MustSend(server, "iom-ma/ro", "ConfirmArrival",
                 absl::StrCat(Named(file),
                              "arrival_date { year: 2026 month: 3 day: 1 }"));
      }
      made.names["visit"] =
          make("iom-ma/ro", "CreateMonitoringVisit",
               "monitoring_visit { planned_date { year: 2026 month: 4 day: 1 "
               "} }");
    }
  } else {
    // Nobody but the initiator knows of a study that was not sent.
    made.names["study"] = make(
        "iom-tn/cm", "CreateFeasibilityStudy",
        absl::StrCat("feasibility_study { plan: '", made.names["plan"], "' }"));
  }
  // Of a file that is not so far, one that does not exist.
  made.names.insert({"visit", file + "/visits/v00000000000000000000000000"});
  made.names["hold"] =
      make(owner + "/fp", "PlaceLegalHold",
           "legal_hold { ground: LITIGATION reference: '12/26' }");
  if (s.sent && !retro) {
    made.names["document"] =
        SendDraft(server, "iom-tn/cm",
                  DraftDocument({file, share, made.names["plan"]}, kDocument))
            .name();
    made.names["emergency"] =
        make("iom-ma/po", "BreakGlass",
             "emergency_access { ground: LIFE_IN_DANGER classes: MEDICAL "
             "justification: 'Found unconscious.' }");
  }
  made.names.insert({"document", file + "/documents/d00000000000000000000000"});
  made.names.insert(
      {"emergency", file + "/emergencyAccesses/b00000000000000000000000"});
  for (const std::string& text : s.consents) {
    const std::vector<std::string> parts = absl::StrSplit(text, ' ');
    const std::string how = parts.size() > 2 ? parts[2] : "";
    const std::string consent = GiveConsent(
        server, owner + "/cm", file, parts[0], parts[1],
        how == "for" ? absl::StrCat("purposes: ", parts[3]) : ends(how));
    end(consent, how);
  }
  if (!s.grant.empty()) {
    const std::string consent =
        GiveConsent(server, owner + "/cm", file, ShareScope(s.mission),
                    s.mission, ends(s.share_grant));
    made.names["consent"] = consent;
    made.names["grant"] =
        make("iom-tn/fp", "CreateGrant",
             absl::StrCat(
                 "grant { recipient: 'missions/", s.mission, "' mode: ", s.mode,
                 " purpose: ", s.grant,
                 s.classes.empty() ? "" : absl::StrCat(" classes: ", s.classes),
                 " basis: CONSENT consent: '", consent, "'",
                 s.grant_is == "expired" ? SoonOver(server) : "", " }"));
    const std::string grant = Named(made.names["grant"]);
    if (s.grant_is != "offered") {
      MustSend(server, WhoAnswersFor(s.mission), "AcceptGrant", grant);
    }
    if (s.grant_is == "recalled") {
      MustSend(server, "iom-tn/fp", "RecallGrant", grant);
    }
    end(consent, s.share_grant);
  }
  if (s.handed_over) {
    const std::string grant = make(
        "iom-tn/fp", "CreateGrant",
        absl::StrCat("grant { recipient: 'missions/iom-ma' mode: OWN purpose: "
                     "CASE_MANAGEMENT basis: CONSENT consent: '",
                     share, "' }"));
    MustSend(server, "iom-ma/fp", "AcceptGrant", Named(grant));
  }
  end(share, s.share);
  if (!s.flag.empty()) {
    const Reply seen = Look(server, "iom-tn/po", made.names["person"]);
    MustSend(server, "iom-tn/po", "UpdatePerson",
             absl::StrCat("person { name: '", made.names["person"],
                          "' vulnerabilities { code: ", s.flag,
                          " } } update_mask { paths: 'vulnerabilities' } etag: "
                          "'",
                          GetString(*seen.answer, "etag"), "'"));
  }
  for (const char* kind : {"case", "outbound", "retroactive"}) {
    made.names[kind] = file;
  }
  made.names["partner"] = made.names["consent"];
  made.names["mission"] = "missions/iom-de";
  made.names["officer"] = "missions/iom-tn/officers/po";
  made.names["checkpoint"] = "missions/iom-de";
  made.names["key"] = KeyOf(server);
  made.words = {
      {"file", file},
      {"consent", made.names["consent"]},
      {"keep", made.names["consent"]},
      {"plan", made.names["plan"]},
      {"today", "year: 2026 month: 3 day: 2"},
      {"travel_day", "year: 2026 month: 3 day: 20"},
      {"departure", "seconds: 1774000000"},
      {"etag", "x"},
      {"size", "1"},
      {"key", "k"},
      {"line", "l"},
      {"document", DraftDocument({file, share, made.names["plan"]}, 100)
                       .request.document()
                       .ShortDebugString()},
      {"new_key",
       DraftDocumentKey(server, "iom-tn").document_key().ShortDebugString()},
      {"chunk", "c"}};
  return made;
}

void FillFiles(TestServer& server, const std::vector<FileOf>& files) {
  const absl::Time now = server.clock().Now();
  server.Tamper([&](storage::WriteTransaction& tx) {
    for (const FileOf& file : files) {
      Filler filler(now + absl::Hours(24 * file.situation->travel_in_days));
      const std::string scope(
          absl::StripPrefix(file.words.at("file"), "cases/"));
      for (const auto& [collection, type] : CaseResources()) {
        std::vector<storage::Record> records;
        absl::Status status = tx.List(scope, collection, "", 1000, &records);
        for (storage::Record& record : records) {
          if (!status.ok()) break;
          const std::unique_ptr<Message> message(
              google::protobuf::MessageFactory::generated_factory()
                  ->GetPrototype(type)
                  ->New());
          if (!message->ParseFromString(record.message)) {
            return absl::DataLossError(collection);
          }
          filler.Fill(type->name(), "", message.get());
          record.message = message->SerializeAsString();
          status = tx.Update(record);
        }
        if (!status.ok()) return status;
      }
    }
    return absl::OkStatus();
  });
}

const std::map<std::string, const Descriptor*>& CaseResources() {
  static const auto* const resources = [] {
    auto* all = new std::map<std::string, const Descriptor*>();
    for (const rpc::ServiceEntry& service : rpc::AllServices()) {
      for (int i = 0; i < service.descriptor->method_count(); ++i) {
        const Descriptor* type = service.descriptor->method(i)->output_type();
        const auto& resource =
            type->options().GetExtension(google::api::resource);
        if (resource.pattern_size() == 0) continue;
        const std::vector<std::string> parts =
            absl::StrSplit(resource.pattern(0), '/');
        if (parts[0] == "cases") (*all)[parts[parts.size() - 2]] = type;
      }
    }
    return all;
  }();
  return *resources;
}

void ForEachValue(const Message& message,
                  const std::function<void(const std::string&)>& visit) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!IsOwn(field)) {
      visit(field->name());
      continue;
    }
    const auto below = [&](const Message& item) {
      if (const FieldDescriptor* code = ClassField(field)) {
        visit(absl::StrCat(field->name(), "/",
                           item.GetReflection()->GetEnum(item, code)->name()));
        return;
      }
      ForEachValue(item, [&](const std::string& path) {
        visit(absl::StrCat(field->name(), ".", path));
      });
    };
    if (!field->is_repeated()) {
      below(reflection->GetMessage(message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      below(reflection->GetRepeatedMessage(message, field, i));
    }
  }
}

void ForEachPath(const Descriptor* message,
                 const std::function<void(const std::string&)>& visit) {
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    if (!IsOwn(field)) {
      visit(field->name());
    } else if (const FieldDescriptor* code = ClassField(field)) {
      for (int j = 0; j < code->enum_type()->value_count(); ++j) {
        const auto* value = code->enum_type()->value(j);
        if (value->number() == 0) continue;
        visit(absl::StrCat(field->name(), "/", value->name()));
      }
    } else {
      ForEachPath(field->message_type(), [&](const std::string& path) {
        visit(absl::StrCat(field->name(), ".", path));
      });
    }
  }
}

}  // namespace passerelle::testing
