#ifndef PASSERELLE_CLIENTS_CPP_PAGING_H_
#define PASSERELLE_CLIENTS_CPP_PAGING_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/cpp/client.h"

namespace passerelle::client {

// Calls a List method until its last page and hands each page to `handler`
// (absl::Status(const Response&)), whose first error ends the walk and is
// returned. `request` says where to begin; its page token is moved on. The
// deadline of `options` is that of one page. A page can be empty without being
// the last.
//
//     pb::ListCasesRequest request;
//     ForEachPage<pb::ListCasesResponse>(
//         *client, "passerelle.v1.CaseService/ListCases", request,
//         [](const pb::ListCasesResponse& page) { ... });
template <typename Response, typename Request, typename Handler>
absl::Status ForEachPage(Client& client, absl::string_view method,
                         Request request, Handler handler,
                         const CallOptions& options = {}) {
  for (;;) {
    absl::StatusOr<Response> page =
        client.Call<Response>(method, request, options);
    if (!page.ok()) return page.status();
    if (absl::Status status = handler(*page); !status.ok()) return status;
    if (page->next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(page->next_page_token());
  }
}

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_PAGING_H_
