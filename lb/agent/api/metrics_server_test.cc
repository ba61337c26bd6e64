#include "lb/agent/api/metrics_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "common/event/libevent_ptr.h"
#include "common/os/unique_fd.h"
#include "common/testing/run_until.h"
#include "common/testing/test_namespace.h"

namespace l275 {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

constexpr uint16_t kPort = 9275;

// Has what this server asks for, and nothing else.
class FakeController : public Controller {
 public:
  void SetHealth(const absl::Status& health) { health_ = health; }

  absl::StatusOr<std::string> GetMetrics() override { return "l275_up 1\n"; }
  bool IsStarting() override { return false; }
  absl::Status GetHealth() override { return health_; }

  absl::StatusOr<control::Status> GetStatus() override { return Unused(); }
  absl::StatusOr<control::ServiceStates> GetServices() override {
    return Unused();
  }
  control::Readiness GetReadiness() override { return {}; }
  control::NextHops GetNextHops() override { return {}; }
  absl::StatusOr<control::Stats> GetStats() override { return Unused(); }
  control::HealthStates GetHealthStates() override { return {}; }
  control::Services GetConfig() override { return {}; }
  control::Explanation Explain(const Endpoint&, const Endpoint&) override {
    return {};
  }
  absl::StatusOr<control::ChangeReply> Change(const control::Change&) override {
    return Unused();
  }
  absl::StatusOr<control::ChangeReply> Apply(const control::Services&,
                                             const ApplyOptions&) override {
    return Unused();
  }

 private:
  static absl::Status Unused() { return absl::UnimplementedError("unused"); }

  absl::Status health_;
};

// In a host that has no address but loopback's: a load balancer before its
// network is up.
class MetricsServerTest : public ::testing::Test {
 protected:
  MetricsServerTest() : inside_(host_), base_(event_base_new()) {
    absl::StatusOr<std::unique_ptr<MetricsServer>> server =
        MetricsServer::Create(base_.get(), kListen, &controller_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // What the server answers until it closes the connection.
  std::string Answer(const std::string& request) {
    const UniqueFd fd = Connect();
    EXPECT_EQ(send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    EXPECT_TRUE(RunUntil(base_.get(), [&] { return AtEnd(fd, answer); }));
    return answer;
  }

  static const Endpoint kListen;

 private:
  static UniqueFd Connect() {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(kPort);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address),
                      sizeof(address)),
              0);
    return fd;
  }

  // Takes what is there, and tells whether that was all.
  static bool AtEnd(const UniqueFd& fd, std::string& answer) {
    char buffer[4096];
    while (true) {
      const ssize_t size = recv(fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
      if (size <= 0) return size == 0;
      answer.append(buffer, static_cast<size_t>(size));
    }
  }

  const TestNamespace host_;
  const TestNamespace::Scope inside_;
  const EventBasePtr base_;
  FakeController controller_;
  std::unique_ptr<MetricsServer> server_;

 protected:
  event_base* base() { return base_.get(); }
  FakeController* controller() { return &controller_; }
};

const Endpoint MetricsServerTest::kListen = {
    Ipv4Address::FromHost(INADDR_LOOPBACK), kPort};

TEST_F(MetricsServerTest, ServesMetricsAndHealth) {
  const std::string metrics = Answer("GET /metrics HTTP/1.0\r\n\r\n");
  EXPECT_THAT(metrics, StartsWith("HTTP/1.0 200 "));
  EXPECT_THAT(metrics, EndsWith("\r\n\r\nl275_up 1\n"));
  EXPECT_THAT(Answer("GET /healthz HTTP/1.0\r\n\r\n"),
              EndsWith("\r\n\r\nok\n"));
  EXPECT_THAT(Answer("GET /other HTTP/1.0\r\n\r\n"),
              StartsWith("HTTP/1.0 404 "));
}

TEST_F(MetricsServerTest, SaysWhatIsWrong) {
  controller()->SetHealth(absl::UnavailableError("eth1 is gone"));
  const std::string answer = Answer("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.0 503 "));
  EXPECT_THAT(answer, EndsWith("\r\n\r\neth1 is gone\n"));
}

TEST_F(MetricsServerTest, RefusesWhatIsTooLong) {
  EXPECT_THAT(Answer("GET /metrics HTTP/1.0\r\nX: " + std::string(20000, 'a') +
                     "\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Answer("GET /metrics HTTP/1.0\r\nContent-Length: 1025\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(MetricsServerTest, ClosesAConnectionThatStaysSilent) {
  EXPECT_EQ(Answer(""), "");
}

TEST_F(MetricsServerTest, NamesTheAddressInUse) {
  EXPECT_EQ(
      MetricsServer::Create(base(), kListen, controller()).status().message(),
      "listening on 127.0.0.1:9275: Address already in use");
}

}  // namespace
}  // namespace l275
