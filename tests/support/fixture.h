// A test with a real service on a data directory of its own, removed with everything that it made on this host, also
// when the test failed. Skipped, with the reason, where real machines cannot run.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "support/scratch.h"
#include "support/service.h"
#include "support/wait.h"

namespace holdfast::support {

class ServiceTest : public testing::Test {
 protected:
  // Overridden by suites whose service is not the usual one.
  virtual ServiceOptions options() {
    ServiceOptions it;
    it.binary = holdfast_binary();
    it.data_dir = scratch_->path() + "/data";
    return it;
  }
  virtual bool needs_machines() const { return true; }

  void SetUp() override {
    Result<Scratch> scratch = Scratch::make("holdfast-test");
    ASSERT_TRUE(scratch) << describe(scratch.error());
    scratch_.emplace(std::move(*scratch));
    if (needs_machines()) {
      const std::string missing = why_no_machines(scratch_->path());
      if (!missing.empty()) GTEST_SKIP() << "real machines cannot run here:\n" << missing;
    }
    service_.emplace(options());
    const Result<void> started = service_->start();
    ASSERT_TRUE(started) << describe(started.error());
    client_.emplace(service_->client());
  }

  void TearDown() override {
    if (!service_) return;
    if (HasFailure()) std::fprintf(stderr, "the service's log:\n%s\n", last_part(service_->log()).c_str());
    const Result<void> destroyed = service_->destroy();
    EXPECT_TRUE(destroyed) << describe(destroyed.error());
  }

  // A managed instance from an example, ACTIVE.
  ManagedStatus bring_up(const std::string& example, const std::map<std::string, std::string>& changes = {}) {
    const Result<std::string> document = document_of(source_file("examples/" + example), changes);
    EXPECT_TRUE(document) << describe(document.error());
    if (!document) return {};
    const Result<std::string> id = client_->create(*document);
    EXPECT_TRUE(id) << describe(id.error());
    return id ? wait_active(*id) : ManagedStatus();
  }
  ManagedStatus wait_active(const std::string& id) {
    const Result<ManagedStatus> status = client_->wait_for(id, "ACTIVE", std::chrono::seconds(120));
    EXPECT_TRUE(status) << describe(status.error());
    return status.value_or(ManagedStatus());
  }
  // ACTIVE again on a later machine.
  ManagedStatus wait_replaced(const ManagedStatus& before) {
    Result<ManagedStatus> now;
    const bool reached = wait_until(std::chrono::seconds(120), [&] {
      now = client_->status(before.id);
      return now && now->generation > before.generation && now->status == "ACTIVE";
    });
    EXPECT_TRUE(reached) << (now ? now->status + " " + now->phase + " " + now->error : describe(now.error()));
    return now.value_or(ManagedStatus());
  }

  static std::string last_part(const std::string& text) {
    constexpr size_t kMost = 8000;
    return text.size() > kMost ? text.substr(text.size() - kMost) : text;
  }

  std::optional<Scratch> scratch_;  // first: goes last
  std::optional<Service> service_;
  std::optional<ApiClient> client_;
};

}  // namespace holdfast::support
