#include "lb/agent/attach/interface_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "common/testing/test_namespace.h"

namespace l275 {
namespace {

class InterfaceLockTest : public ::testing::Test {
 protected:
  InterfaceLockTest() : scope_(namespace_) {}

  TestNamespace namespace_;
  TestNamespace::Scope scope_;
};

TEST_F(InterfaceLockTest, IsHeldOnceForEachInterface) {
  const auto lock = InterfaceLock::Create("eth0");
  ASSERT_TRUE(lock.ok()) << lock.status();
  const absl::Status again = InterfaceLock::Create("eth0").status();
  EXPECT_EQ(again.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::string(again.message()), "another lb_agent serves eth0");
  EXPECT_TRUE(InterfaceLock::Create("eth1").ok());
  EXPECT_TRUE(InterfaceLock::Create("eth").ok());
}

TEST_F(InterfaceLockTest, EndsWithItsHolder) {
  { ASSERT_TRUE(InterfaceLock::Create("eth0").ok()); }
  EXPECT_TRUE(InterfaceLock::Create("eth0").ok());
}

TEST_F(InterfaceLockTest, MovesWithItsHolder) {
  auto lock = InterfaceLock::Create("eth0");
  ASSERT_TRUE(lock.ok()) << lock.status();
  const InterfaceLock moved = *std::move(lock);
  EXPECT_FALSE(InterfaceLock::Create("eth0").ok());
}

TEST_F(InterfaceLockTest, EndsWithItsProcess) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto lock = InterfaceLock::Create("eth0");
    _exit(lock.ok() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(InterfaceLock::Create("eth0").ok());
}

TEST_F(InterfaceLockTest, TakesTheLongestNameOfAnInterface) {
  const auto lock = InterfaceLock::Create("fifteen-letters");
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_FALSE(InterfaceLock::Create("fifteen-letters").ok());
  EXPECT_TRUE(InterfaceLock::Create("fifteen-letterz").ok());
}

TEST_F(InterfaceLockTest, IsOfOneNetworkNamespace) {
  const auto lock = InterfaceLock::Create("eth0");
  ASSERT_TRUE(lock.ok()) << lock.status();
  const TestNamespace other;
  const TestNamespace::Scope inside(other);
  EXPECT_TRUE(InterfaceLock::Create("eth0").ok());
}

}  // namespace
}  // namespace l275
