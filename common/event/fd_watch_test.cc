#include "common/event/fd_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "common/event/libevent_ptr.h"
#include "common/os/unique_fd.h"

namespace l275 {
namespace {

class FdWatchTest : public ::testing::Test {
 protected:
  FdWatchTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                         ends),
              0);
    fd_.reset(ends[0]);
    peer_.reset(ends[1]);
  }

  // Lets the loop turn that many times. Returns the number of calls.
  int Turn(int turns) {
    calls_ = 0;
    for (int i = 0; i < turns; ++i) {
      event_base_loop(base_.get(), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
    return calls_;
  }

  FdWatch Watch(FdWatch::Event event) {
    return FdWatch(base_.get(), fd_.get(), event, [this] { ++calls_; });
  }

  const EventBasePtr base_{event_base_new()};
  UniqueFd fd_;
  UniqueFd peer_;
  int calls_ = 0;
};

TEST_F(FdWatchTest, CallsOnEachTurnWhileReadable) {
  const FdWatch watch = Watch(FdWatch::kReadable);
  EXPECT_EQ(Turn(3), 0);
  ASSERT_EQ(write(peer_.get(), "x", 1), 1);
  EXPECT_EQ(Turn(3), 3);
  char byte;
  ASSERT_EQ(read(fd_.get(), &byte, 1), 1);
  EXPECT_EQ(Turn(3), 0);
}

TEST_F(FdWatchTest, DoesNotCallWhileDisabled) {
  FdWatch watch = Watch(FdWatch::kReadable);
  ASSERT_EQ(write(peer_.get(), "x", 1), 1);
  watch.Disable();
  EXPECT_EQ(Turn(3), 0);
  watch.Enable();
  EXPECT_EQ(Turn(3), 3);
}

TEST_F(FdWatchTest, CallsOnEachTurnWhileWritable) {
  const FdWatch watch = Watch(FdWatch::kWritable);
  EXPECT_EQ(Turn(3), 3);
  const std::string much(1 << 16, 'x');
  while (write(fd_.get(), much.data(), much.size()) > 0) {
  }
  EXPECT_EQ(Turn(3), 0);
}

TEST_F(FdWatchTest, TheCallbackMayDestroyIt) {
  ASSERT_EQ(write(peer_.get(), "x", 1), 1);
  std::optional<FdWatch> watch;
  watch.emplace(base_.get(), fd_.get(), FdWatch::kReadable, [&] {
    watch.reset();
    ++calls_;
  });
  EXPECT_EQ(Turn(3), 1);
}

TEST_F(FdWatchTest, LeavesTheDescriptorOpen) {
  { const FdWatch watch = Watch(FdWatch::kReadable); }
  EXPECT_NE(fcntl(fd_.get(), F_GETFD), -1);
}

}  // namespace
}  // namespace l275
