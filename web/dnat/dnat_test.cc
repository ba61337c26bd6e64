// The program on a network: a client, and a web server that owns no VIP. The
// client sends packets for the VIP to the server's MAC address, as a load
// balancer would.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/mac_address.h"
#include "common/testing/test_namespace.h"
#include "common/unique_fd.h"
#include "web/dnat/nat_rule.h"
#include "web/dnat/nft.h"
#include "web/dnat/ruleset.h"

namespace l275 {
namespace {

using ::testing::HasSubstr;

constexpr char kVip[] = "10.0.0.200";
constexpr char kLocal[] = "10.0.0.101";
constexpr char kWeb[] =
    "--service=tcp:10.0.0.200:80 --local=10.0.0.101:8080 --interface=eth1";
constexpr char kWebAndTls[] =
    "--service=tcp:10.0.0.200:80,tcp:10.0.0.200:443 "
    "--local=10.0.0.101:8080,10.0.0.101:8443 --interface=eth1";

struct Result {
  int exit_code;
  std::string output;  // stdout and stderr
};

Result RunCommand(const std::string& command) {
  FILE* pipe = popen(absl::StrCat(command, " 2>&1").c_str(), "r");
  Result result{-1, ""};
  if (pipe == nullptr) return result;
  char buffer[512];
  while (fgets(buffer, sizeof(buffer), pipe) != nullptr) {
    result.output += buffer;
  }
  result.exit_code = WEXITSTATUS(pclose(pipe));
  return result;
}

bool WaitUntil(const std::function<bool()>& condition) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    poll(nullptr, 0, 5);
  }
  return true;
}

sockaddr_in SocketAddress(const char* address, uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = inet_addr(address);
  result.sin_port = htons(port);
  return result;
}

UniqueFd TcpSocket() {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{10, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  return fd;
}

// Whether nothing that this side sent waits for its acknowledgement.
bool IsAcknowledged(const UniqueFd& fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  getsockopt(fd.get(), IPPROTO_TCP, TCP_INFO, &info, &size);
  return info.tcpi_unacked == 0;
}

// A connection from the client, as both ends hold it.
struct Connection {
  UniqueFd client;
  UniqueFd server;
};

void Send(const UniqueFd& from, const std::string& text) {
  ASSERT_EQ(send(from.get(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

std::string Receive(const UniqueFd& at, size_t size) {
  std::string text(size, '\0');
  const ssize_t got = recv(at.get(), text.data(), size, MSG_WAITALL);
  text.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return text;
}

// Both ends have what the other sent, and know that it arrived.
void ExpectTalks(const Connection& connection) {
  Send(connection.client, "request");
  EXPECT_EQ(Receive(connection.server, 7), "request");
  Send(connection.server, "answer");
  EXPECT_EQ(Receive(connection.client, 6), "answer");
  EXPECT_TRUE(WaitUntil([&] {
    return IsAcknowledged(connection.client) &&
           IsAcknowledged(connection.server);
  }));
}

class DnatTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.Connect("eth1", client_, "eth0");
    server_.Ip("address add 10.0.0.101/24 dev eth1");
    client_.Ip("address add 10.0.0.1/24 dev eth0");
    client_.Ip(absl::StrCat("neighbour add ", kVip, " dev eth0 lladdr ",
                            MacToString(server_.MacOf("eth1"))));
    web_ = Listen(8080);
    tls_ = Listen(8443);
  }

  Result Dnat(const std::string& arguments, const std::string& before = "") {
    const TestNamespace::Scope scope(server_);
    return RunCommand(absl::StrCat(before, " web/dnat/dnat ", arguments));
  }

  void ExpectDnat(const std::string& arguments, const std::string& output) {
    const Result result = Dnat(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_EQ(result.output, output);
  }

  // Commands of nft(8).
  std::string Nftables(const TestNamespace& host, const std::string& commands) {
    const TestNamespace::Scope scope(host);
    absl::StatusOr<Nft> nft = Nft::Create();
    const absl::StatusOr<std::string> output = nft->Run(commands);
    EXPECT_TRUE(output.ok()) << output.status() << " from " << commands;
    return output.value_or("");
  }

  // Every table of the server, with handles and counters.
  std::string AllRules() { return Nftables(server_, "list ruleset"); }

  // Packets that were counted by the only counter in a chain.
  uint64_t Packets(const TestNamespace& host, const std::string& chain) {
    const std::string listed = Nftables(host, "list chain ip " + chain);
    const std::string mark = "\"packets\": ";
    const size_t start = listed.find(mark);
    EXPECT_NE(start, std::string::npos) << listed;
    return strtoull(listed.c_str() + start + mark.size(), nullptr, 10);
  }

  UniqueFd Listen(uint16_t port) {
    const TestNamespace::Scope scope(server_);
    UniqueFd fd = TcpSocket();
    const sockaddr_in address = SocketAddress(kLocal, port);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(bind(fd.get(), generic, sizeof(address)), 0) << port;
    EXPECT_EQ(listen(fd.get(), 8), 0);
    return fd;
  }

  Connection Connect(const char* address, uint16_t port, const UniqueFd& at) {
    const TestNamespace::Scope scope(client_);
    Connection connection{TcpSocket(), UniqueFd()};
    const sockaddr_in to = SocketAddress(address, port);
    const auto* generic = reinterpret_cast<const sockaddr*>(&to);
    EXPECT_EQ(connect(connection.client.get(), generic, sizeof(to)), 0)
        << address << ":" << port;
    connection.server.reset(accept(at.get(), nullptr, nullptr));
    return connection;
  }

  // Makes the server's kernel forget all connections.
  void FlushConnectionTracking() {
    const TestNamespace::Scope scope(server_);
    const UniqueFd fd(socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER));
    struct {
      nlmsghdr header;
      nfgenmsg family;
    } request{};
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type =
        NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.family.nfgen_family = AF_INET;
    ASSERT_EQ(send(fd.get(), &request, sizeof(request), 0),
              static_cast<ssize_t>(sizeof(request)));
    struct {
      nlmsghdr header;
      nlmsgerr error;
    } reply{};
    ASSERT_GT(recv(fd.get(), &reply, sizeof(reply), 0), 0);
    ASSERT_EQ(reply.error.error, 0);
  }

  // Counts what the client gets from the server's local address.
  void WatchLocalAddressAtClient() {
    Nftables(client_,
             "table ip watch { chain seen { type filter hook prerouting "
             "priority raw; ip saddr 10.0.0.101 tcp sport 8080 counter; }; }");
  }

  // On a connection that the server's kernel has no record of.
  void ExpectServerIsHeldBackUntilClientSpeaks(const Connection& connection) {
    Send(connection.server, "late");
    EXPECT_TRUE(
        WaitUntil([&] { return Packets(server_, "l275_dnat answers") > 0; }));
    Send(connection.client, "more");
    EXPECT_EQ(Receive(connection.server, 4), "more");
    EXPECT_EQ(Receive(connection.client, 4), "late");
  }

  TestNamespace server_;
  TestNamespace client_;
  UniqueFd web_;
  UniqueFd tls_;
};

TEST_F(DnatTest, TranslatesAddressAndPortBothWays) {
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  WatchLocalAddressAtClient();
  ExpectTalks(Connect(kVip, 80, web_));
  EXPECT_EQ(Packets(client_, "watch seen"), 0u);
  EXPECT_EQ(Packets(server_, "l275_dnat answers"), 0u);
  EXPECT_THAT(Dnat("show --output=json").output,
              HasSubstr("\"connections\": \"1\""));
}

TEST_F(DnatTest, LocalAddressCanBeUsedDirectly) {
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  const Connection through_vip = Connect(kVip, 80, web_);
  const Connection direct = Connect(kLocal, 8080, web_);
  ExpectTalks(direct);
  ExpectTalks(through_vip);
  EXPECT_EQ(Packets(server_, "l275_dnat answers"), 0u);
}

TEST_F(DnatTest, ARefusalComesFromTheVip) {
  ExpectDnat(
      "apply --service=tcp:10.0.0.200:80 --local=10.0.0.101:81 "
      "--interface=eth1",
      "applied: 1 service\n");
  const TestNamespace::Scope scope(client_);
  const UniqueFd fd = TcpSocket();
  const sockaddr_in to = SocketAddress(kVip, 80);
  const auto* generic = reinterpret_cast<const sockaddr*>(&to);
  EXPECT_EQ(connect(fd.get(), generic, sizeof(to)), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
}

TEST_F(DnatTest, AllPortsOfAVip) {
  ExpectDnat(
      "apply --service=tcp:10.0.0.200:0,tcp:10.0.0.200:80 "
      "--local=10.0.0.101,10.0.0.101:8080 --interface=eth1",
      "applied: 2 services\n");
  ExpectTalks(Connect(kVip, 8443, tls_));
  ExpectTalks(Connect(kVip, 80, web_));
}

TEST_F(DnatTest, ApplyingTwiceChangesNothing) {
  ExpectDnat(absl::StrCat("apply ", kWebAndTls), "applied: 2 services\n");
  ExpectTalks(Connect(kVip, 80, web_));
  const std::string before = AllRules();
  ExpectDnat(absl::StrCat("apply ", kWebAndTls), "unchanged: 2 services\n");
  EXPECT_EQ(AllRules(), before);
}

TEST_F(DnatTest, ConnectionsStayWhenServicesAreAdded) {
  const Connection direct = Connect(kLocal, 8080, web_);
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  const Connection through_vip = Connect(kVip, 80, web_);
  ExpectTalks(direct);
  ExpectTalks(through_vip);
  ExpectDnat(absl::StrCat("apply ", kWebAndTls), "applied: 2 services\n");
  ExpectTalks(direct);
  ExpectTalks(through_vip);
  ExpectTalks(Connect(kVip, 443, tls_));
}

TEST_F(DnatTest, LeavesOtherTablesAlone) {
  Nftables(server_,
           "table ip l275_dnat2 { chain requests { type nat hook prerouting "
           "priority dstnat; ip daddr 192.0.2.1 counter dnat to 192.0.2.2; }; "
           "}; table inet l275_dnat { set s { type inet_service; }; }");
  const std::string before = AllRules();
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  EXPECT_NE(AllRules(), before);
  ExpectDnat(absl::StrCat("apply ", kWebAndTls), "applied: 2 services\n");
  ExpectDnat("remove", "removed\n");
  EXPECT_EQ(AllRules(), before);
  ExpectDnat("remove", "not installed\n");
  EXPECT_EQ(AllRules(), before);
}

TEST_F(DnatTest, OneFailingRuleChangesNothing) {
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  const std::string before = AllRules();
  // The kernel refuses to translate destinations in a filter chain.
  const auto rules = ParseNatRules("tcp:10.0.0.200:1", kLocal, "eth1");
  std::string command = ReplaceCommand(*rules);
  const size_t last = command.rfind("\"requests\"");
  command.replace(last, 10, "\"answers\"");
  const TestNamespace::Scope scope(server_);
  const absl::StatusOr<std::string> output = Nft::Create()->Run(command);
  EXPECT_EQ(output.status().message(),
            "nftables: Could not process rule: Operation not supported");
  EXPECT_EQ(AllRules(), before);
}

TEST_F(DnatTest, WrongInputChangesNothing) {
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  const std::string before = AllRules();
  for (const char* arguments :
       {"", "reload", "apply", "apply now --interface=eth1",
        "apply --service=tcp:10.0.0.200:80 --local=10.0.0.101",
        "apply --service=tcp:10.0.0.200:80 --service=tcp:10.0.0.200:81 "
        "--local=10.0.0.101 --interface=eth1",
        "apply --service=tcp:10.0.0.200 --local=10.0.0.101 --interface=eth1",
        "remove --service=tcp:10.0.0.200:80", "show --output=xml",
        "apply --vip=10.0.0.200"}) {
    const Result result = Dnat(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments << ": " << result.output;
    EXPECT_EQ(AllRules(), before) << arguments;
  }
}

TEST_F(DnatTest, SaysWhichCapabilityIsMissing) {
  const std::string before = AllRules();
  const Result result =
      Dnat(absl::StrCat("apply ", kWeb), "setpriv --bounding-set=-net_admin");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.output,
            "dnat: nftables: not permitted; expected to run as root "
            "(CAP_NET_ADMIN)\n");
  EXPECT_EQ(AllRules(), before);
}

TEST_F(DnatTest, WarnsOfWhatTheHostLacks) {
  const Result result = Dnat(
      "apply --service=tcp:10.0.0.200:80 --local=10.0.0.9 "
      "--interface=eth9");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, HasSubstr("no interface eth9"));
  EXPECT_THAT(result.output, HasSubstr("not have the address 10.0.0.9"));
}

struct Tampering {
  const char* change;  // commands of nft(8)
  const char* line;    // that check prints, alone
};

TEST_F(DnatTest, CheckFindsWhatOthersChanged) {
  const Tampering rows[] = {
      {"delete table ip l275_dnat",
       "missing: tcp:10.0.0.200:80 on eth1 to 10.0.0.101:8080\n"},
      {"flush chain ip l275_dnat requests",
       "missing: tcp:10.0.0.200:80 on eth1 to 10.0.0.101:8080\n"},
      {"flush chain ip l275_dnat answers",
       "missing: the guard of answers from 10.0.0.101:8080 on eth1\n"},
      {"add rule ip l275_dnat requests iifname eth1 ip daddr 10.0.0.200 tcp "
       "dport 81 counter dnat to 10.0.0.101",
       "not asked for: tcp:10.0.0.200:81 on eth1 to 10.0.0.101:81\n"},
      {"flush chain ip l275_dnat requests; add rule ip l275_dnat requests "
       "iifname eth2 ip daddr 10.0.0.200 tcp dport 80 counter dnat to "
       "10.0.0.101:8080",
       "different: tcp:10.0.0.200:80 on eth2 to 10.0.0.101:8080 is installed, "
       "asked was tcp:10.0.0.200:80 on eth1 to 10.0.0.101:8080\n"},
      {"insert rule ip l275_dnat requests accept",
       "not made by dnat: rule 5 in chain requests\n"},
      {"add chain ip l275_dnat mine", "not made by dnat: chain mine\n"},
      {"add set ip l275_dnat mine { type inet_service; }",
       "not made by dnat: set mine\n"},
  };
  const std::string check = absl::StrCat("check ", kWeb);
  for (const Tampering& row : rows) {
    SCOPED_TRACE(row.change);
    ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
    ExpectDnat(check, "as asked: 1 service\n");
    Nftables(server_, row.change);
    const std::string before = AllRules();
    const Result result = Dnat(check);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.output, row.line);
    EXPECT_EQ(AllRules(), before);
  }
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  ExpectDnat(check, "as asked: 1 service\n");
}

// Apart from the others, as libnftables 1.0.6 lists the flag with a name that
// differs from one time to the next.
TEST_F(DnatTest, CheckFindsADormantTable) {
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  Nftables(server_, "add table ip l275_dnat { flags dormant; }");
  const Result result = Dnat(absl::StrCat("check ", kWeb));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.output,
            "not made by dnat: a flag or another setting of the table\n");
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  ExpectTalks(Connect(kVip, 80, web_));
}

TEST_F(DnatTest, AnswersOfForgottenConnectionsAreHeldBack) {
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  WatchLocalAddressAtClient();
  const Connection connection = Connect(kVip, 80, web_);
  ExpectTalks(connection);
  FlushConnectionTracking();
  ExpectServerIsHeldBackUntilClientSpeaks(connection);
  EXPECT_EQ(Packets(client_, "watch seen"), 0u);
  ExpectTalks(connection);
}

TEST_F(DnatTest, DirectConnectionsOlderThanTheRulesGoOn) {
  const Connection direct = Connect(kLocal, 8080, web_);
  ExpectTalks(direct);
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  ExpectServerIsHeldBackUntilClientSpeaks(direct);
  ExpectTalks(direct);
}

// What the guard is there for.
TEST_F(DnatTest, WithoutTheGuardTheClientSeesTheLocalAddress) {
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  Nftables(server_, "flush chain ip l275_dnat answers");
  WatchLocalAddressAtClient();
  const Connection connection = Connect(kVip, 80, web_);
  ExpectTalks(connection);
  FlushConnectionTracking();
  Send(connection.server, "late");
  EXPECT_TRUE(WaitUntil([&] { return Packets(client_, "watch seen") > 0; }));
}

}  // namespace
}  // namespace l275
