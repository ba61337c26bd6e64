// Runs the program itself on a network of two namespaces.

#include <errno.h>
#include <fcntl.h>
#include <glog/logging.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "common/beacon_message.h"
#include "common/testing/test_namespace.h"
#include "common/unique_fd.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = BeaconMessage::State;

constexpr char kProgram[] = "web/healthbeacon/healthbeacon";
constexpr milliseconds kDeadline{10'000};

// Whether the socket has something to read within the time.
bool WaitReadable(int fd, milliseconds timeout) {
  pollfd poll_fd = {fd, POLLIN, 0};
  return poll(&poll_fd, 1, static_cast<int>(timeout.count())) == 1;
}

// A run of the program in the thread's network namespace.
class Program {
 public:
  explicit Program(const std::vector<std::string>& flags)
      : stderr_(open(::testing::TempDir().c_str(),
                     O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {
    PCHECK(stderr_);
    std::vector<char*> argv = {const_cast<char*>(kProgram)};
    for (const auto& flag : flags) {
      argv.push_back(const_cast<char*>(flag.c_str()));
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, stderr_.get(), STDERR_FILENO);
    CHECK_EQ(
        posix_spawn(&pid_, kProgram, &actions, nullptr, argv.data(), environ),
        0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Program() {
    if (pid_ == 0) return;
    Signal(SIGKILL);
    Wait();
  }

  void Signal(int number) { PCHECK(kill(pid_, number) == 0); }

  // Its exit code, or -1 when a signal ended it.
  int Wait() {
    int status = 0;
    PCHECK(waitpid(pid_, &status, 0) == pid_);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::vector<std::string> ErrorLines() const {
    std::string text(100'000, '\0');
    const ssize_t size = pread(stderr_.get(), text.data(), text.size(), 0);
    PCHECK(size >= 0);
    text.resize(static_cast<size_t>(size));
    return absl::StrSplit(text, '\n', absl::SkipEmpty());
  }

  bool WaitForErrorLine(const std::string& part) const {
    const auto deadline = steady_clock::now() + kDeadline;
    while (steady_clock::now() < deadline) {
      for (const std::string& line : ErrorLines()) {
        if (line.find(part) != std::string::npos) return true;
      }
      std::this_thread::sleep_for(milliseconds(5));
    }
    return false;
  }

 private:
  UniqueFd stderr_;
  pid_t pid_ = 0;
};

// What arrives at a load balancer's interface for a group.
class Listener {
 public:
  Listener(const TestNamespace& host, const char* interface, const char* group,
           uint16_t port) {
    const TestNamespace::Scope scope(host);
    fd_.reset(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = Ipv4Address::Parse(group)->ToNetwork();
    address.sin_port = htons(port);
    PCHECK(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) == 0);
    ip_mreqn request = {};
    request.imr_multiaddr = address.sin_addr;
    request.imr_ifindex = static_cast<int>(if_nametoindex(interface));
    SetOption(IP_ADD_MEMBERSHIP, request);
    SetOption(IP_RECVTTL, 1);
  }

  // The next beacon; none within the time or a malformed one fails the test.
  BeaconMessage Receive() {
    std::optional<BeaconMessage> message = ReceiveWithin(kDeadline);
    CHECK(message) << "no beacon came";
    return *message;
  }

  std::optional<BeaconMessage> ReceiveWithin(milliseconds timeout) {
    if (!WaitReadable(fd_.get(), timeout)) return std::nullopt;
    uint8_t bytes[100];
    char control[100];
    iovec vector = {bytes, sizeof(bytes)};
    msghdr header = {};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof(control);
    const ssize_t size = recvmsg(fd_.get(), &header, 0);
    PCHECK(size >= 0);
    ttl_ = *reinterpret_cast<int*>(CMSG_DATA(CMSG_FIRSTHDR(&header)));
    const auto message = BeaconMessage::Decode(
        absl::MakeConstSpan(bytes, static_cast<size_t>(size)));
    CHECK(message.ok()) << message.status();
    return *message;
  }

  int ttl() const { return ttl_; }  // of the last datagram

 private:
  template <typename T>
  void SetOption(int name, const T& value) {
    PCHECK(setsockopt(fd_.get(), IPPROTO_IP, name, &value, sizeof(value)) == 0);
  }

  UniqueFd fd_;
  int ttl_ = 0;
};

class HealthbeaconTest : public ::testing::Test {
 protected:
  HealthbeaconTest() { Connect(); }

  void Connect() {
    lb_.Connect("lb0", web_, "web0");
    lb_.Ip("addr add 10.1.0.2/24 dev lb0");
    web_.Ip("addr add 10.1.0.101/24 dev web0");
  }

  std::unique_ptr<Program> Start(const std::vector<std::string>& flags) {
    const TestNamespace::Scope scope(web_);
    return std::make_unique<Program>(flags);
  }

  std::unique_ptr<Program> StartDefault() {
    return Start(
        {"--interface=web0", "--address=10.0.0.101", "--interval_ms=20"});
  }

  Listener Listen() { return Listener(lb_, "lb0", "239.0.0.1", 4242); }

  // Three "down", counted on from the last "up", and then no more.
  void ExpectLastBeacons(Listener* listener) {
    BeaconMessage message = listener->Receive();
    uint64_t sequence = message.sequence;
    while (message.state == State::kUp) {
      message = listener->Receive();
      EXPECT_EQ(message.sequence, ++sequence);
    }
    for (int i = 1; i < 3; ++i) {
      message = listener->Receive();
      EXPECT_EQ(message.state, State::kDown);
      EXPECT_EQ(message.sequence, ++sequence);
    }
    EXPECT_EQ(listener->ReceiveWithin(milliseconds(100)), std::nullopt);
  }

  TestNamespace lb_;
  TestNamespace web_;
};

TEST_F(HealthbeaconTest, SendsWhatItsFlagsSay) {
  Listener listener(lb_, "lb0", "239.1.2.3", 4343);
  const auto program =
      Start({"--interface=web0", "--address=10.0.0.101", "--interval_ms=30",
             "--group=239.1.2.3", "--port=4343"});
  const BeaconMessage first = listener.Receive();
  EXPECT_EQ(first.address.ToString(), "10.0.0.101");
  EXPECT_EQ(first.state, State::kUp);
  EXPECT_EQ(first.interval_ms, 30u);
  EXPECT_EQ(first.sequence, 1u);
  EXPECT_EQ(listener.ttl(), 1);
  const auto now_us = std::chrono::duration_cast<std::chrono::microseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  EXPECT_NEAR(static_cast<double>(first.epoch), static_cast<double>(now_us),
              60e6);
  const BeaconMessage second = listener.Receive();
  EXPECT_EQ(second.sequence, 2u);
  EXPECT_EQ(second.epoch, first.epoch);
}

TEST_F(HealthbeaconTest, SendsABeaconEveryHundredMillisecondsByDefault) {
  Listener listener = Listen();
  const auto program = Start({"--interface=web0", "--address=10.0.0.101"});
  EXPECT_EQ(listener.Receive().interval_ms, 100u);
  const auto begin = steady_clock::now();
  for (int i = 0; i < 10; ++i) listener.Receive();
  const auto elapsed = steady_clock::now() - begin;
  // 10 % of jitter, and what a busy machine adds.
  EXPECT_GT(elapsed, milliseconds(880));
  EXPECT_LT(elapsed, milliseconds(3000));
}

TEST_F(HealthbeaconTest, AnotherStartHasALaterEpoch) {
  Listener listener = Listen();
  auto program = StartDefault();
  const uint64_t epoch = listener.Receive().epoch;
  program->Signal(SIGTERM);
  ASSERT_EQ(program->Wait(), 0);
  ExpectLastBeacons(&listener);
  program = StartDefault();
  const BeaconMessage message = listener.Receive();
  EXPECT_EQ(message.sequence, 1u);
  EXPECT_GT(message.epoch, epoch);
}

class HealthbeaconStopTest : public HealthbeaconTest,
                             public ::testing::WithParamInterface<int> {};

TEST_P(HealthbeaconStopTest, SaysDownAndExitsWithSuccess) {
  Listener listener = Listen();
  const auto program = StartDefault();
  ASSERT_EQ(listener.Receive().state, State::kUp);
  program->Signal(GetParam());
  EXPECT_EQ(program->Wait(), 0);
  ExpectLastBeacons(&listener);
}

INSTANTIATE_TEST_SUITE_P(Signals, HealthbeaconStopTest,
                         ::testing::Values(SIGTERM, SIGINT));

TEST_F(HealthbeaconTest, SurvivesItsInterface) {
  std::optional<Listener> listener(Listen());
  const auto program = StartDefault();
  const BeaconMessage before = listener->Receive();
  web_.Ip("link del web0");
  ASSERT_TRUE(program->WaitForErrorLine("beacons cannot be sent"));
  Connect();
  listener.reset();  // its membership died with lb0
  listener.emplace(Listen());
  const BeaconMessage after = listener->Receive();
  EXPECT_EQ(after.epoch, before.epoch);
  EXPECT_GT(after.sequence, before.sequence + 1);
  ASSERT_TRUE(program->WaitForErrorLine("beacons are sent again"));
  EXPECT_THAT(program->ErrorLines(),
              ElementsAre(HasSubstr("beacons cannot be sent, trying again: "),
                          HasSubstr("beacons are sent again; ")));
}

TEST_F(HealthbeaconTest, SurvivesItsInterfaceGoingDown) {
  Listener listener = Listen();
  const auto program = StartDefault();
  listener.Receive();
  web_.Ip("link set web0 down");
  ASSERT_TRUE(program->WaitForErrorLine("beacons cannot be sent"));
  web_.Ip("link set web0 up");
  ASSERT_TRUE(program->WaitForErrorLine("beacons are sent again"));
  EXPECT_THAT(
      program->ErrorLines(),
      ElementsAre(HasSubstr("sendto(239.0.0.1:4242) on web0: Network is "
                            "unreachable"),
                  HasSubstr("beacons are sent again; ")));
}

TEST_F(HealthbeaconTest, StopsWithSuccessWithoutItsInterface) {
  Listener listener = Listen();
  const auto program = StartDefault();
  listener.Receive();
  web_.Ip("link del web0");
  ASSERT_TRUE(program->WaitForErrorLine("beacons cannot be sent"));
  program->Signal(SIGTERM);
  EXPECT_EQ(program->Wait(), 0);
}

TEST_F(HealthbeaconTest, TellsSystemdWhenItIsReadyAndWhenItStops) {
  // An abstract address: of the network namespace, gone with its socket.
  constexpr char kName[] = "@l275-healthbeacon-notify";
  const TestNamespace::Scope scope(web_);
  const UniqueFd notify(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::copy(kName + 1, kName + sizeof(kName) - 1, address.sun_path + 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                           sizeof(kName) - 1);
  ASSERT_EQ(bind(notify.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  const auto next = [&notify] {
    char text[100];
    if (!WaitReadable(notify.get(), kDeadline)) return std::string("nothing");
    return std::string(text, recv(notify.get(), text, sizeof(text), 0));
  };

  setenv("NOTIFY_SOCKET", kName, 1);
  const auto program = StartDefault();
  unsetenv("NOTIFY_SOCKET");
  EXPECT_EQ(next(), "READY=1");
  program->Signal(SIGTERM);
  EXPECT_EQ(next(), "STOPPING=1");
  EXPECT_EQ(program->Wait(), 0);
}

struct BadFlags {
  const char* description;
  std::vector<std::string> flags;
  int exit_code;
  const char* error;
};

class HealthbeaconBadFlagsTest
    : public HealthbeaconTest,
      public ::testing::WithParamInterface<BadFlags> {};

TEST_P(HealthbeaconBadFlagsTest, EndWithOneLine) {
  const BadFlags& row = GetParam();
  SCOPED_TRACE(row.description);
  const auto program = Start(row.flags);
  EXPECT_EQ(program->Wait(), row.exit_code);
  EXPECT_THAT(program->ErrorLines(), ElementsAre(HasSubstr(row.error)));
}

// What is right in the rows that test something else.
std::vector<std::string> With(const std::string& flag) {
  return {"--interface=web0", "--address=10.0.0.101", flag};
}

INSTANTIATE_TEST_SUITE_P(
    All, HealthbeaconBadFlagsTest,
    ::testing::Values(
        BadFlags{"no interface",
                 {"--address=10.0.0.101"},
                 1,
                 "healthbeacon: --interface is required"},
        BadFlags{"no address",
                 {"--interface=web0"},
                 1,
                 "healthbeacon: --address is required"},
        BadFlags{"an interface that does not exist", With("--interface=web9"),
                 1, "--interface: interface \"web9\" does not exist"},
        BadFlags{"an address that is none", With("--address=10.0.0.300"), 1,
                 "--address: \"10.0.0.300\" is no IPv4 address"},
        BadFlags{"a multicast address", With("--address=239.0.0.1"), 1,
                 "--address: \"239.0.0.1\" cannot be a host's address"},
        BadFlags{"a group that is none", With("--group=10.0.0.1"), 1,
                 "--group=10.0.0.1: expected a multicast group"},
        BadFlags{"a group that is no address", With("--group=all"), 1,
                 "--group: \"all\" is no IPv4 address"},
        BadFlags{"port 0", With("--port=0"), 1, "--port=0: expected 1 to"},
        BadFlags{"port 65536", With("--port=65536"), 1, "--port=65536: exp"},
        BadFlags{"interval 9", With("--interval_ms=9"), 1,
                 "--interval_ms=9: expected 10 to 60000"},
        BadFlags{"interval 60001", With("--interval_ms=60001"), 1,
                 "--interval_ms=60001: expected 10 to 60000"},
        BadFlags{"no number", With("--port=http"), 1,
                 "illegal value 'http' specified for int32 flag 'port'"},
        BadFlags{"an unknown flag", With("--weight=3"), 1,
                 "unknown command line flag 'weight'"},
        BadFlags{"an argument", With("start"), 2,
                 "healthbeacon: unexpected argument \"start\""}));

}  // namespace
}  // namespace l275
