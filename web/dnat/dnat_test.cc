// The program on a network: a client, and a web server that owns no VIP. The
// client sends packets for the VIP to the server's MAC address, as a load
// balancer would.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/net/mac_address.h"
#include "common/os/unique_fd.h"
#include "common/testing/test_namespace.h"
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

// `dnat keep` on a host, until it is stopped or goes out of scope.
class Keeper {
 public:
  Keeper(const TestNamespace& host, const std::string& flags) {
    const TestNamespace::Scope scope(host);
    notifications_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    // Abstract, so it is the network namespace's own.
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    absl::string_view("\0dnat_keep", 10).copy(name.sun_path, 10);
    EXPECT_EQ(bind(notifications_.get(), reinterpret_cast<sockaddr*>(&name),
                   offsetof(sockaddr_un, sun_path) + 10),
              0);
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    log_.reset(ends[0]);
    const UniqueFd write_end(ends[1]);
    const std::string command = absl::StrCat(
        "NOTIFY_SOCKET=@dnat_keep exec web/dnat/dnat keep ", flags);
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);  // ends with a test that is killed
      dup2(write_end.get(), STDERR_FILENO);
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
  }
  ~Keeper() { Stop(); }
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  pid_t pid() const { return pid_; }

  // Waits until it has told systemd that it is ready.
  bool IsReady() {
    pollfd readable{notifications_.get(), POLLIN, 0};
    char text[100] = "";
    return poll(&readable, 1, 30000) == 1 &&
           recv(notifications_.get(), text, sizeof(text) - 1, 0) > 0 &&
           absl::string_view(text) == "READY=1";
  }

  // Waits for the text in its log, after what was waited for before.
  bool Logs(const std::string& text) {
    return WaitUntil([&] {
      char buffer[4096];
      const ssize_t got = read(log_.get(), buffer, sizeof(buffer));
      if (got > 0) text_.append(buffer, static_cast<size_t>(got));
      const size_t place = text_.find(text);
      if (place == std::string::npos) return false;
      text_.erase(0, place + text.size());
      return true;
    });
  }

  // Returns its exit code.
  int Stop() {
    if (pid_ <= 0) return -1;
    kill(pid_, SIGTERM);
    int status = 0;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    pid_ = 0;
    notifications_.reset();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  UniqueFd notifications_;
  UniqueFd log_;
  std::string text_;
  pid_t pid_ = 0;
};

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

  UniqueFd Listen(uint16_t port) { return ListenAt(server_, kLocal, port); }

  UniqueFd ListenAt(const TestNamespace& host, const char* local,
                    uint16_t port) {
    const TestNamespace::Scope scope(host);
    UniqueFd fd = TcpSocket();
    const sockaddr_in address = SocketAddress(local, port);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(bind(fd.get(), generic, sizeof(address)), 0) << port;
    EXPECT_EQ(listen(fd.get(), 8), 0);
    return fd;
  }

  Connection Connect(const char* address, uint16_t port, const UniqueFd& at) {
    return ConnectFrom(client_, address, port, at);
  }

  Connection ConnectFrom(const TestNamespace& host, const char* address,
                         uint16_t port, const UniqueFd& at) {
    const TestNamespace::Scope scope(host);
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
  void ExpectServerIsSilentUntilClientSpeaks(const Connection& connection) {
    Send(connection.server, "late");
    EXPECT_TRUE(
        WaitUntil([&] { return Packets(server_, "l275_dnat answers") > 0; }));
    Send(connection.client, "more");
    EXPECT_EQ(Receive(connection.server, 4), "more");
    EXPECT_EQ(Receive(connection.client, 4), "late");
  }

  // Has the client's host own the VIP and serve it, as a load balancer does
  // with the help of another web server.
  UniqueFd ServeVipElsewhere() {
    client_.Ip(absl::StrCat("address add ", kVip, "/32 dev eth0"));
    return ListenAt(client_, kVip, 80);
  }

  // Counts what comes back to the owner of the VIP.
  void WatchVipAtClient() {
    Nftables(client_,
             "table ip watch { chain seen { type filter hook prerouting "
             "priority raw; ip daddr 10.0.0.200 counter; }; }");
  }

  // A segment that connection tracking calls invalid: its checksum is wrong.
  void SendInvalidSegmentToVip() {
    const TestNamespace::Scope scope(client_);
    const UniqueFd fd(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP));
    tcphdr segment{};
    segment.th_sport = htons(40000);
    segment.th_dport = htons(80);
    segment.th_off = sizeof(segment) / 4;
    segment.th_flags = TH_ACK;
    segment.th_sum = 0xdead;
    const sockaddr_in to = SocketAddress(kVip, 0);
    ASSERT_EQ(sendto(fd.get(), &segment, sizeof(segment), 0,
                     reinterpret_cast<const sockaddr*>(&to), sizeof(to)),
              static_cast<ssize_t>(sizeof(segment)));
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
  const Result applied = Dnat(
      "apply --service=tcp:10.0.0.200:80 --local=10.0.0.101:81 "
      "--interface=eth1");
  EXPECT_EQ(applied.exit_code, 0);
  EXPECT_THAT(applied.output, HasSubstr("10.0.0.101:81: nobody listens there"));
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

// nftables then prints numbers for what it knows no name of.
TEST_F(DnatTest, WorksWithoutProtocolAndServiceNames) {
  const std::string without_names =
      "for f in /etc/protocols /etc/services; do if [ -e $f ]; then "
      "mount --bind /dev/null $f || exit 9; fi; done; web/dnat/dnat ";
  const std::string flags =
      "--service=tcp:10.0.0.200:0,tcp:10.0.0.200:80 "
      "--local=10.0.0.101,10.0.0.101:8080 --interface=eth1 --mss=1360";
  const std::pair<const char*, const char*> rows[] = {
      {"apply ", "applied: 2 services\n"},
      {"apply ", "unchanged: 2 services\n"},
      {"check ", "ok: 2 services\n"},
  };
  const TestNamespace::Scope scope(server_);
  for (const auto& [command, output] : rows) {
    const Result result = RunCommand(absl::StrCat(
        "unshare --mount sh -c '", without_names, command, flags, "'"));
    EXPECT_EQ(result.exit_code, 0) << command;
    EXPECT_EQ(result.output, output);
  }
  ExpectDnat(absl::StrCat("check ", flags), "ok: 2 services\n");
}

TEST_F(DnatTest, AWebServerReachesItsOwnServiceByTheVip) {
  const UniqueFd elsewhere = ServeVipElsewhere();
  const Connection before = ConnectFrom(server_, kVip, 80, elsewhere);
  ExpectTalks(before);
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  for (int i = 0; i < 30; ++i) {
    ExpectTalks(ConnectFrom(server_, kVip, 80, web_));
  }
  EXPECT_THAT(Dnat("show --output=json").output,
              HasSubstr("\"own_connections\": \"30\""));
}

TEST_F(DnatTest, ForwardsNoPacketForTheVip) {
  server_.SetSysctl("ipv4/ip_forward", "1");
  WatchVipAtClient();
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  SendInvalidSegmentToVip();
  EXPECT_TRUE(WaitUntil(
      [&] { return Packets(server_, "l275_dnat stray_requests") > 0; }));
  // What would have been forwarded was so before the next segment arrives.
  ExpectTalks(Connect(kVip, 80, web_));
  EXPECT_EQ(Packets(client_, "watch seen"), 0u);
  EXPECT_THAT(Dnat("show --output=json").output,
              HasSubstr("\"dropped_requests\": \"1\""));
}

// What the rule is there for.
TEST_F(DnatTest, WithoutTheRuleAnInvalidSegmentGoesBack) {
  server_.SetSysctl("ipv4/ip_forward", "1");
  WatchVipAtClient();
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  Nftables(server_, "flush chain ip l275_dnat stray_requests");
  // The server finds the owner of the VIP by ARP.
  client_.Ip(absl::StrCat("address add ", kVip, "/32 dev eth0"));
  client_.SetSysctl("ipv4/conf/all/rp_filter", "0");
  const Connection connection = Connect(kLocal, 8080, web_);
  ExpectTalks(connection);
  Nftables(client_,
           "flush chain ip watch seen; add rule ip watch seen ip daddr "
           "10.0.0.200 tcp sport 40000 counter");
  server_.Ip(absl::StrCat("neighbour replace ", kVip, " dev eth1 lladdr ",
                          MacToString(client_.MacOf("eth0"))));
  client_.Ip(absl::StrCat("address del ", kVip, "/32 dev eth0"));
  SendInvalidSegmentToVip();
  EXPECT_TRUE(WaitUntil([&] { return Packets(client_, "watch seen") > 0; }));
}

TEST_F(DnatTest, LimitsTheMssOfBothDirections) {
  Nftables(server_,
           "table ip watch { chain seen { type filter hook input priority 0; "
           "tcp flags syn tcp option maxseg size 1360 counter; }; }");
  Nftables(client_,
           "table ip watch { chain seen { type filter hook prerouting priority "
           "raw; ip saddr 10.0.0.200 tcp flags syn tcp option maxseg size 1360 "
           "counter; }; }");
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  ExpectTalks(Connect(kVip, 80, web_));
  EXPECT_EQ(Packets(server_, "watch seen"), 0u);
  EXPECT_EQ(Packets(client_, "watch seen"), 0u);
  ExpectDnat(absl::StrCat("apply --mss=1360 ", kWeb), "applied: 1 service\n");
  ExpectTalks(Connect(kVip, 80, web_));
  EXPECT_EQ(Packets(server_, "watch seen"), 1u);
  EXPECT_EQ(Packets(client_, "watch seen"), 1u);
  EXPECT_THAT(Dnat("show").output, HasSubstr(" 1360 "));
  // A limit never raises what a host offers, and check compares it.
  EXPECT_EQ(Dnat(absl::StrCat("apply --mss=9000 ", kWeb)).exit_code, 0);
  ExpectTalks(Connect(kVip, 80, web_));
  EXPECT_EQ(Dnat(absl::StrCat("check ", kWeb)).exit_code, 1);
  const Result useless = Dnat(absl::StrCat("check --mss=9000 ", kWeb));
  EXPECT_EQ(useless.exit_code, 0);
  EXPECT_THAT(useless.output, HasSubstr("--mss=9000 limits nothing there"));
}

// The rules that dnat made before it had those for own connections, stray
// requests and the MSS.
TEST_F(DnatTest, ReplacesAnOlderVersionsRulesAndKeepsConnections) {
  Nftables(server_,
           "table ip l275_dnat { chain requests { type nat hook prerouting "
           "priority dstnat; policy accept; iifname eth1 ip daddr 10.0.0.200 "
           "tcp dport 80 counter dnat to 10.0.0.101:8080; }; chain answers { "
           "type filter hook postrouting priority filter; policy accept; "
           "oifname eth1 ip saddr 10.0.0.101 tcp sport 8080 tcp flags ack ct "
           "state invalid,new counter drop; }; }");
  const UniqueFd elsewhere = ServeVipElsewhere();
  const Connection own = ConnectFrom(server_, kVip, 80, elsewhere);
  client_.Ip(absl::StrCat("address del ", kVip, "/32 dev eth0"));
  const Connection through_vip = Connect(kVip, 80, web_);
  ExpectTalks(through_vip);
  EXPECT_EQ(Dnat(absl::StrCat("check ", kWeb)).output,
            "missing: the rule for this host's own connections to "
            "tcp:10.0.0.200:80\n"
            "missing: the rule that forwards no packets for 10.0.0.200 from "
            "eth1\n");
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  ExpectDnat(absl::StrCat("check ", kWeb), "ok: 1 service\n");
  ExpectTalks(through_vip);
  client_.Ip(absl::StrCat("address add ", kVip, "/32 dev eth0"));
  ExpectTalks(own);
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
        "apply --vip=10.0.0.200",
        "apply --service=tcp:10.0.0.200:80 --local=10.0.0.101 --interface=eth1 "
        "--mss=535",
        "apply --service=tcp:10.0.0.200:80 --local=10.0.0.101 --interface=eth1 "
        "--mss=65496"}) {
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
  EXPECT_THAT(result.output, HasSubstr("dnat: warning: eth9: this host has no "
                                       "such interface"));
  EXPECT_THAT(result.output, HasSubstr("dnat: warning: 10.0.0.9: not an "
                                       "address of this host"));
}

TEST_F(DnatTest, CheckLooksAtTheHost) {
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  const std::string check = absl::StrCat("check ", kWeb);
  const std::string check_client = check + " --client=10.5.0.2";
  ExpectDnat(check, "ok: 1 service\n");

  server_.Ip("address add 10.0.0.200/32 dev lo");
  Result result = Dnat(check);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("VIP 10.0.0.200: is on lo"));
  server_.Ip("address del 10.0.0.200/32 dev lo");
  ExpectDnat(check, "ok: 1 service\n");

  result = Dnat(check_client);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output,
              HasSubstr("client 10.5.0.2: no route from 10.0.0.101"));
  server_.Connect("eth2", client_, "eth3");
  server_.Ip("route add 10.5.0.0/24 dev eth2");
  server_.SetSysctl("ipv4/conf/eth1/rp_filter", "1");
  result = Dnat(check_client);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("rp_filter of eth1 is 1 (strict)"));
  server_.Ip("route replace 10.5.0.0/24 dev eth1");
  ExpectDnat(check_client, "ok: 1 service\n");

  web_.reset();
  result = Dnat(check);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output,
              HasSubstr("10.0.0.101:8080: nobody listens there"));
}

// As docs/operating.md has healthbeacon's exec: check run it.
TEST_F(DnatTest, CheckNeedsNoOtherCapability) {
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  const Result result = Dnat(absl::StrCat("check ", kWeb, " --client=10.0.0.1"),
                             "setpriv --bounding-set=-all,+net_admin");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "ok: 1 service\n");
}

TEST_F(DnatTest, CheckNeedsAnAddressOfAClient) {
  for (const char* client : {"", "10.5.0", "web1", "224.0.0.1"}) {
    const Result result =
        Dnat(absl::StrCat("check ", kWeb, " --client=", client));
    EXPECT_EQ(result.exit_code, 2) << client;
    EXPECT_THAT(result.output, HasSubstr("dnat: --client: ")) << client;
  }
}

TEST_F(DnatTest, KeepRestoresWhatOthersChange) {
  Keeper keeper(server_, kWeb);
  ASSERT_TRUE(keeper.IsReady());
  const Connection connection = Connect(kVip, 80, web_);
  ExpectTalks(connection);
  const std::string check = absl::StrCat("check ", kWeb);
  ExpectDnat(check, "ok: 1 service\n");
  for (const char* change :
       {"flush ruleset", "delete table ip l275_dnat",
        "flush chain ip l275_dnat answers",
        "insert rule ip l275_dnat requests accept",
        "add table ip l275_dnat { flags dormant; }",
        // As `nft -f /etc/nftables.conf`, by which nftables.service reloads;
        // then with an old copy of the rules in that file.
        "flush ruleset; add table inet filter",
        "flush ruleset; add table inet filter; add table ip l275_dnat"}) {
    SCOPED_TRACE(change);
    Nftables(server_, change);
    EXPECT_TRUE(WaitUntil([&] { return Dnat(check).exit_code == 0; }));
    ExpectTalks(connection);
    ExpectTalks(Connect(kVip, 80, web_));
    // Says who had changed them. The number is the initial PID namespace's.
    EXPECT_TRUE(
        keeper.Logs("restored the rules, which \"dnat_test\" (process "));
  }
  // The changes of other tables are none of its business.
  const std::string before = AllRules();
  Nftables(server_, "add table ip mine");
  Nftables(server_, "delete table ip mine");
  EXPECT_EQ(AllRules(), before);
}

TEST_F(DnatTest, NoOtherCommandChangesWhatIsKept) {
  Keeper keeper(server_, kWeb);
  ASSERT_TRUE(keeper.IsReady());
  const std::string before = AllRules();
  const std::string keeper_name =
      absl::StrCat("dnat keep (process ", keeper.pid(), ") would restore");
  for (const std::string& command :
       {std::string("remove"), absl::StrCat("apply ", kWebAndTls)}) {
    const Result result = Dnat(command);
    EXPECT_EQ(result.exit_code, 1) << command;
    EXPECT_THAT(result.output, HasSubstr("nothing was changed: ")) << command;
    EXPECT_THAT(result.output, HasSubstr(keeper_name)) << command;
  }
  const Result second = Dnat(absl::StrCat("keep ", kWeb));
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.output, HasSubstr("another dnat keep runs already"));
  ExpectDnat(absl::StrCat("apply ", kWeb), "unchanged: 1 service\n");
  EXPECT_EQ(AllRules(), before);

  EXPECT_EQ(keeper.Stop(), 0);
  EXPECT_EQ(AllRules(), before) << "the rules stay";
  ExpectDnat("remove", "removed\n");
}

TEST_F(DnatTest, KeepTakesOverRulesThatAreThere) {
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  const Connection connection = Connect(kVip, 80, web_);
  const std::string before = AllRules();
  Keeper same(server_, kWeb);
  ASSERT_TRUE(same.IsReady());
  EXPECT_EQ(AllRules(), before);
  EXPECT_EQ(same.Stop(), 0);
  Keeper more(server_, kWebAndTls);
  ASSERT_TRUE(more.IsReady());
  ExpectDnat(absl::StrCat("check ", kWebAndTls), "ok: 2 services\n");
  ExpectTalks(connection);
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
       "not made by dnat: rule 9 in chain requests\n"},
      {"add chain ip l275_dnat mine", "not made by dnat: chain mine\n"},
      {"add set ip l275_dnat mine { type inet_service; }",
       "not made by dnat: set mine\n"},
  };
  const std::string check = absl::StrCat("check ", kWeb);
  for (const Tampering& row : rows) {
    SCOPED_TRACE(row.change);
    ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
    ExpectDnat(check, "ok: 1 service\n");
    Nftables(server_, row.change);
    const std::string before = AllRules();
    const Result result = Dnat(check);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.output, row.line);
    EXPECT_EQ(AllRules(), before);
  }
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  ExpectDnat(check, "ok: 1 service\n");
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

TEST_F(DnatTest, LateAnswersOfForgottenConnectionsAreDropped) {
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  WatchLocalAddressAtClient();
  const Connection connection = Connect(kVip, 80, web_);
  ExpectTalks(connection);
  FlushConnectionTracking();
  ExpectServerIsSilentUntilClientSpeaks(connection);
  EXPECT_EQ(Packets(client_, "watch seen"), 0u);
  ExpectTalks(connection);
}

TEST_F(DnatTest, DirectConnectionsOlderThanTheRulesGoOn) {
  const Connection direct = Connect(kLocal, 8080, web_);
  ExpectTalks(direct);
  ExpectDnat(absl::StrCat("apply ", kWeb), "applied: 1 service\n");
  ExpectServerIsSilentUntilClientSpeaks(direct);
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
