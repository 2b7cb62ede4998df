#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "server/matching/link/commands.h"
#include "server/matching/link/outputs.h"
#include "server/matching/link/pair_run.h"
#include "server/matching/link/row_writer.h"
#include "server/matching/registry.h"

namespace passerelle::link {
namespace {

// Requests that are searched side by side, then written in order.
constexpr size_t kRequestsAtOnce = 512;

struct Answer {
  absl::Status status;
  matching::SearchResult result;
};

// Answers all of `requests`, on so many threads.
std::vector<Answer> SearchAll(const matching::Registry& registry,
                              const std::vector<matching::Record>& requests,
                              const matching::SearchOptions& options,
                              int threads) {
  std::vector<Answer> answers(requests.size());
  const auto search = [&](size_t first) {
    for (size_t i = first; i < requests.size();
         i += static_cast<size_t>(threads)) {
      auto result = registry.Search(requests[i], options);
      answers[i].status = result.status();
      if (result.ok()) answers[i].result = *std::move(result);
    }
  };
  std::vector<std::jthread> workers;
  for (int thread = 1; thread < threads; ++thread) {
    workers.emplace_back(search, static_cast<size_t>(thread));
  }
  search(0);
  workers.clear();  // joins
  return answers;
}

// Candidates by rank with nobody among them, at its place.
void WriteAnswer(const std::string& request,
                 const matching::SearchResult& result,
                 const matching::Model& model, RowWriter& writer) {
  uint64_t rank = 0;
  bool nobody_written = false;
  const auto write_nobody = [&] {
    const Value values[] = {request, ++rank, std::string(),
                            Real{result.nobody}};
    writer.Row(values);
    nobody_written = true;
  };
  for (const matching::Candidate& candidate : result.candidates) {
    if (!nobody_written && result.nobody > candidate.probability) {
      write_nobody();
    }
    const Value values[] = {request, ++rank, candidate.id,
                            Real{candidate.probability}};
    if (writer.explains()) {
      writer.Row(values, candidate.explanation, model);
    } else {
      writer.Row(values);
    }
  }
  if (!nobody_written) write_nobody();
}

struct Tally {
  uint64_t requests = 0;
  uint64_t truncated = 0;
  uint64_t probable = 0;  // somebody at 0.5 or more
};

class Session {
 public:
  Session(const matching::Registry& registry,
          const SearchCommandOptions& options, RowWriter& writer,
          Remarks& remarks)
      : registry_(registry),
        threads_(options.threads),
        writer_(writer),
        remarks_(remarks) {
    search_.top = options.top;
    search_.explain = writer.explains();
  }

  absl::Status Add(const matching::Record& request, const Place& place) {
    requests_.push_back(request);
    places_.push_back(place);
    return requests_.size() < kRequestsAtOnce ? absl::OkStatus() : Flush();
  }

  absl::Status Flush() {
    std::vector<Answer> answers =
        SearchAll(registry_, requests_, search_, threads_);
    for (size_t i = 0; i < answers.size(); ++i) {
      Answer& answer = answers[i];
      if (answer.status.code() == absl::StatusCode::kInvalidArgument) {
        PASSERELLE_RETURN_IF_ERROR(
            remarks_.Add(Reason::kNothingToSearch, places_[i],
                         "no name, phone, number or birth date to search by"));
        answer.result.nobody = 1 - registry_.model().registered;
      } else if (!answer.status.ok()) {
        return answer.status;
      }
      ++tally_.requests;
      tally_.truncated += answer.result.truncated ? 1 : 0;
      tally_.probable += answer.result.nobody < 0.5 ? 1 : 0;
      WriteAnswer(requests_[i].id, answer.result, registry_.model(), writer_);
    }
    requests_.clear();
    places_.clear();
    return absl::OkStatus();
  }

  const Tally& tally() const { return tally_; }

 private:
  const matching::Registry& registry_;
  const int threads_;
  matching::SearchOptions search_;
  RowWriter& writer_;
  Remarks& remarks_;
  std::vector<matching::Record> requests_;
  std::vector<Place> places_;
  Tally tally_;
};

}  // namespace

absl::Status SearchRegistry(const SearchCommandOptions& options,
                            const Console& console) {
  PASSERELLE_RETURN_IF_ERROR(CheckOutputs(
      {options.registry, options.requests, options.input.map, options.model},
      {options.out}));
  PASSERELLE_ASSIGN_OR_RETURN(
      const std::unique_ptr<RowWriter> writer,
      RowWriter::Open(options.out,
                      {"request_id", "rank", "registry_id", "probability"}));
  PASSERELLE_ASSIGN_OR_RETURN(
      Tables tables,
      ReadTables(options.input, options.registry, options.requests, console));
  ProgressLine progress(console);
  PASSERELLE_ASSIGN_OR_RETURN(
      matching::Model model,
      ModelFor(tables, options.model,
               EngineOptions(options.threads, progress)));
  tables.b.reset();
  const uint64_t registered = tables.a.size();
  progress.Show("indexing", 0, 0);
  const matching::Registry registry(std::move(tables.a), std::move(model));
  progress.Clear();

  Remarks remarks(options.input.strictness);
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<PeopleReader> requests,
                              PeopleReader::Open(options.requests, tables.map,
                                                 Absent::kAllowed, remarks));
  // Values that cannot be read were remarked on when the model was learnt.
  Remarks read_before(Strictness::kRemark);
  Session session(registry, options, *writer, remarks);
  PASSERELLE_RETURN_IF_ERROR(ForEachPerson(
      *requests, read_before, console, [&](const matching::Record& request) {
        return session.Add(request, requests->IdPlace());
      }));
  PASSERELLE_RETURN_IF_ERROR(session.Flush());
  for (const std::string& line : remarks.Lines()) {
    console.err << "note: " << line << "\n";
  }
  PASSERELLE_RETURN_IF_ERROR(writer->Commit());
  const Tally& tally = session.tally();
  console.err << absl::StrFormat(
      "%d requests searched among %d people: somebody at even odds or better "
      "for %d\n",
      tally.requests, registered, tally.probable);
  if (tally.truncated > 0) {
    console.err << absl::StrFormat(
        "note: for %d requests more people share a name than are compared; "
        "somebody may be missing\n",
        tally.truncated);
  }
  return absl::OkStatus();
}

}  // namespace passerelle::link
