#include "lb/agent/health/replay_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common/os/read_file.h"
#include "common/os/write_file.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr HealthSubject kA = {Ipv4Address::FromHost(0x0a000065), 0};

class ReplayStoreTest : public ::testing::Test {
 protected:
  ReplayStoreTest() { unlink(path_.c_str()); }

  std::unique_ptr<ReplayStore> Store(ReplayGuard* guard) {
    auto store = ReplayStore::Create(base_.get(), path_, guard);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  const std::string path_ = ::testing::TempDir() + "/beacons";
  const EventBasePtr base_{event_base_new()};
  LogCapture log_;
};

TEST_F(ReplayStoreTest, WhatIsRememberedOutlivesTheStore) {
  {
    ReplayGuard guard;
    const auto store = Store(&guard);
    guard.Remember(kA, 5, 7, 9);
  }
  ReplayGuard guard;
  const auto store = Store(&guard);
  EXPECT_FALSE(guard.IsNewer(kA, 5, 7));
  EXPECT_TRUE(guard.IsNewer(kA, 5, 8));
}

TEST_F(ReplayStoreTest, IsWrittenWhileTheAgentRuns) {
  ReplayGuard guard;
  const auto store = Store(&guard);
  guard.Remember(kA, 5, 7, 9);
  EXPECT_TRUE(RunUntil(base_.get(), [&] {
    return *ReadFile(path_) == "10.0.0.101 0 5 7 9\nend 1\n";
  }));
}

TEST_F(ReplayStoreTest, ADamagedFileIsToldOfAndReplaced) {
  for (const char* text : {"junk", "", "10.0.0.101 0 5 7 9\n"}) {
    ASSERT_EQ(WriteFileAtomically(path_, text), absl::OkStatus());
    ReplayGuard guard;
    const auto store = Store(&guard);
    EXPECT_THAT(log_.Take(),
                ElementsAre(HasSubstr(path_ + ": cut off or damaged")))
        << text;
    EXPECT_EQ(*ReadFile(path_), "end 0\n");
  }
}

TEST_F(ReplayStoreTest, WhatCouldNotBeWrittenIsWrittenLater) {
  ReplayGuard guard;
  const auto store = Store(&guard);
  ASSERT_EQ(mkdir((path_ + ".new").c_str(), 0755), 0);
  guard.Remember(kA, 5, 7, 9);
  std::vector<std::string> lines;
  RunUntil(base_.get(), [&] {
    if (lines.empty()) lines = log_.Take();
    return !lines.empty();
  });
  EXPECT_THAT(lines, ElementsAre(HasSubstr("are not written down")));
  ASSERT_EQ(rmdir((path_ + ".new").c_str()), 0);
  EXPECT_TRUE(RunUntil(base_.get(), [&] {
    return *ReadFile(path_) == "10.0.0.101 0 5 7 9\nend 1\n";
  }));
}

TEST_F(ReplayStoreTest, AFileThatCannotBeReadIsAnErrorAtTheStart) {
  ReplayGuard guard;
  const auto store =
      ReplayStore::Create(base_.get(), ::testing::TempDir(), &guard);
  EXPECT_THAT(std::string(store.status().message()),
              HasSubstr("cannot read " + ::testing::TempDir()));
}

TEST_F(ReplayStoreTest, AFileThatCannotBeWrittenIsAnErrorAtTheStart) {
  ReplayGuard guard;
  const auto store =
      ReplayStore::Create(base_.get(), "/proc/no/such/file", &guard);
  EXPECT_THAT(std::string(store.status().message()),
              HasSubstr("open(/proc/no/such/file.new)"));
}

}  // namespace
}  // namespace l275
