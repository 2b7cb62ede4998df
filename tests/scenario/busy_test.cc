// A server with more to do than it can: who is refused, what is left of it.

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/error_reason.pb.h"
#include "server/storage/sqlite/fault_vfs.h"
#include "tests/support/calls.h"
#include "tests/support/journey.h"
#include "tests/support/raw_call.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

constexpr int kCalls = 12;

class SlowDisk : public ::testing::Test {
 protected:
  SlowDisk()
      : vfs_("busy_test"),
        server_(
            [](app::ServerConfig* config) {
              config->engine.max_batch = 1;
              config->engine.max_queue = 2;
            },
            [this] {
              app::Composition composition;
              composition.vfs = vfs_.name();
              return composition;
            }()),
        file_(Bring(server_, "case:PROPOSED")) {
    vfs_.SetFlushDelay(absl::Milliseconds(100));
  }

  // Makes a plan, once: no repetition.
  absl::Status CreatePlan(absl::Duration deadline = absl::Seconds(30)) {
    const MessagePtr request =
        MakeRequest("CreatePlan",
                    "parent: '$file' plan { outline: 'P' ceiling { currency: "
                    "'MAD' } lines { category: CASH amount { currency: 'MAD' } "
                    "} }",
                    file_.words());
    return RawCall(channel_, FullName("CreatePlan"),
                   request->SerializeAsString(),
                   {{"passerelle-officer", "missions/iom-tn/officers/cm"}},
                   deadline)
        .status;
  }

  // Lines of evidence of CreatePlan with this reason; 0: of those done.
  int Lines(pb::ErrorReason reason) {
    int lines = 0;
    for (const auto& leaf : server_.Journal()) {
      if (leaf.method() == FullName("CreatePlan") && leaf.reason() == reason) {
        lines += static_cast<int>(std::max<int64_t>(1, leaf.count()));
      }
    }
    return lines;
  }

  storage::sqlite::FaultVfs vfs_;
  TestServer server_;
  Target file_;
  const std::shared_ptr<grpc::Channel> channel_ =
      FreshChannel("iom-tn", server_.port());
};

TEST_F(SlowDisk, WhomTheQueueHasNoPlaceForIsToldToComeAgain) {
  const int before = Lines(pb::ERROR_REASON_UNSPECIFIED);
  std::atomic<int> done{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < kCalls; ++i) {
    callers.emplace_back([&] {
      const absl::Status status = CreatePlan();
      if (status.ok()) {
        ++done;
      } else {
        EXPECT_THAT(status, HasReason("OVERLOADED"));
        ++refused;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_GT(done, 0);
  EXPECT_GT(refused, 0);
  EXPECT_THAT(CreatePlan(), IsOk());  // it passes
  vfs_.SetFlushDelay(absl::ZeroDuration());
  EXPECT_EQ(Lines(pb::ERROR_REASON_UNSPECIFIED) - before, done + 1);
  EXPECT_EQ(Lines(pb::OVERLOADED), refused);
}

TEST_F(SlowDisk, WhatComesToItsTurnTooLateIsNotDone) {
  const int before = Lines(pb::ERROR_REASON_UNSPECIFIED);
  std::atomic<bool> stop{false};
  std::atomic<int> others{0};
  std::thread busy([&] {
    while (!stop) others += CreatePlan().ok() ? 1 : 0;
  });
  for (int i = 0; i < kCalls; ++i) {
    CreatePlan(absl::Milliseconds(40)).IgnoreError();
  }
  stop = true;
  busy.join();
  vfs_.SetFlushDelay(absl::ZeroDuration());
  const int late = Lines(pb::DEADLINE_PASSED);
  EXPECT_GT(late, 0);
  EXPECT_LE(Lines(pb::ERROR_REASON_UNSPECIFIED) - before,
            others + kCalls - late);
}

}  // namespace
}  // namespace passerelle::testing
