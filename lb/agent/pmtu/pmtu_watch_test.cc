// In a load balancer's network namespace, with a router that sends what it
// likes.

#include "lb/agent/pmtu/pmtu_watch.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "common/event/libevent_ptr.h"
#include "common/os/unique_fd.h"
#include "common/testing/log_capture.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Bytes = std::vector<uint8_t>;

constexpr char kService[] = "tcp:10.0.0.200:80";
constexpr char kAllPorts[] = "tcp:10.0.0.201:0";

uint16_t Checksum(const Bytes& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    sum += static_cast<uint32_t>(bytes[i] << 8 | bytes[i + 1]);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

class PmtuWatchTest : public ::testing::Test {
 protected:
  PmtuWatchTest() {
    lb_.Connect("lb0", router_, "router0");
    lb_.Ip("addr add 10.0.0.11/24 dev lb0");
    lb_.Ip("addr add 10.0.0.200/32 dev lb0");
    lb_.Ip("addr add 10.0.0.201/32 dev lb0");
    router_.Ip("addr add 10.0.0.1/24 dev router0");
    const TestNamespace::Scope scope(lb_);
    auto watch = PmtuWatch::Create(base_.get());
    EXPECT_TRUE(watch.ok()) << watch.status();
    watch_ = *std::move(watch);
    watch_->SetServices({Service(kService), Service(kAllPorts)});
    {
      const TestNamespace::Scope inside(router_);
      raw_.reset(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
      EXPECT_TRUE(raw_);
    }
  }

  static ServiceAddress Service(const char* text) {
    return *ServiceAddress::Parse(text);
  }

  // An ICMP message of the router's about a segment of the service's.
  void Send(const char* vip, uint8_t code, uint8_t port, uint16_t mtu,
            uint8_t protocol = IPPROTO_TCP) {
    Bytes bytes = {3,
                   code,
                   0,
                   0,
                   0,
                   0,
                   static_cast<uint8_t>(mtu >> 8),
                   static_cast<uint8_t>(mtu)};
    const Bytes quoted = {0x45, 0, 5, 0xdc, 0, 0, 0x40, 0, 63, protocol, 0, 0};
    bytes.insert(bytes.end(), quoted.begin(), quoted.end());
    const uint32_t source = Ipv4Address::Parse(vip)->ToHost();
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<uint8_t>(source >> shift));
    }
    const Bytes rest = {198, 51, 100, 7, 0, port, 0x9c, 0x40, 1, 2, 3, 4};
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    const uint16_t checksum = Checksum(bytes);
    bytes[2] = static_cast<uint8_t>(checksum >> 8);
    bytes[3] = static_cast<uint8_t>(checksum);
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = Ipv4Address::Parse(vip)->ToNetwork();
    EXPECT_EQ(sendto(raw_.get(), bytes.data(), bytes.size(), 0,
                     reinterpret_cast<sockaddr*>(&to), sizeof(to)),
              static_cast<ssize_t>(bytes.size()));
  }

  const PmtuErrors& Of(const char* service) {
    return watch_->services().at(Service(service));
  }

  bool WaitFor(const char* service, uint64_t count) {
    return RunUntil(base_.get(), [&] { return Of(service).count >= count; });
  }

  const TestNamespace lb_;
  const TestNamespace router_;
  const EventBasePtr base_{event_base_new()};
  LogCapture log_;
  std::unique_ptr<PmtuWatch> watch_;
  UniqueFd raw_;
};

TEST_F(PmtuWatchTest, CountsWithClientAndMtu) {
  Send("10.0.0.200", 4, 80, 1400);
  ASSERT_TRUE(WaitFor(kService, 1));
  EXPECT_EQ(Of(kService).client.ToString(), "198.51.100.7:40000");
  EXPECT_EQ(Of(kService).mtu, 1400);
  EXPECT_EQ(Of(kAllPorts).count, 0u);
  EXPECT_THAT(log_.Take(),
              ElementsAre("segments from 10.0.0.200:80 are too long for the "
                          "way to client 198.51.100.7:40000, MTU 1400; the "
                          "server is not told of it (ICMP \"fragmentation "
                          "needed\")"));
  Send("10.0.0.201", 4, 22, 0);
  ASSERT_TRUE(WaitFor(kAllPorts, 1));
  EXPECT_EQ(Of(kAllPorts).mtu, 0);
  EXPECT_EQ(Of(kService).count, 1u);
}

TEST_F(PmtuWatchTest, IgnoresWhatIsNoServices) {
  Send("10.0.0.200", 3, 80, 1400);               // port unreachable
  Send("10.0.0.200", 4, 81, 1400);               // another port
  Send("10.0.0.11", 4, 80, 1400);                // the host's own address
  Send("10.0.0.200", 4, 80, 1400, IPPROTO_UDP);  // UDP
  Send("10.0.0.201", 4, 80, 1400);               // comes last
  ASSERT_TRUE(WaitFor(kAllPorts, 1));
  EXPECT_EQ(Of(kService).count, 0u);
}

TEST_F(PmtuWatchTest, AFloodGrowsNothingButCounters) {
  for (int i = 0; i < 1000; ++i) {
    Send("10.0.0.200", 4, 80, static_cast<uint16_t>(1000 + i));
    if (i % 50 == 0) RunPending(base_.get());
  }
  Send("10.0.0.201", 4, 80, 1400);
  ASSERT_TRUE(WaitFor(kAllPorts, 1));
  EXPECT_GT(Of(kService).count, 500u);
  EXPECT_THAT(watch_->services(), SizeIs(2));
  EXPECT_THAT(log_.Take(), SizeIs(LimitedLoopLog::kLines));
}

TEST_F(PmtuWatchTest, ForgetsServicesThatAreGone) {
  Send("10.0.0.200", 4, 80, 1400);
  ASSERT_TRUE(WaitFor(kService, 1));
  watch_->SetServices({Service(kService)});
  EXPECT_EQ(Of(kService).count, 1u);
  watch_->SetServices({});
  EXPECT_THAT(watch_->services(), IsEmpty());
  watch_->SetServices({Service(kService)});
  EXPECT_EQ(Of(kService).count, 0u);
}

TEST(MssTest, IsWithoutHeadersAndNeverLessThanAnyHostTakes) {
  EXPECT_EQ(MssFor(1400), 1360);
  EXPECT_EQ(MssFor(576), 536);
  EXPECT_EQ(MssFor(68), 536);
  EXPECT_EQ(MssFor(0), 536);
}

}  // namespace
}  // namespace l275
