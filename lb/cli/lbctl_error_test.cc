// What lbctl says, and its exit code, when something is wrong.

#include <glog/logging.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/os/unique_fd.h"
#include "lb/cli/lbctl_fixture.h"

namespace l275 {
namespace {

using ::testing::IsEmpty;

class LbctlErrorTest : public LbctlFixture {
 protected:
  static void ExpectError(const ProgramResult& result, int exit_code,
                          const std::string& line) {
    EXPECT_EQ(result.exit_code, exit_code) << line;
    EXPECT_EQ(result.out, "") << line;
    EXPECT_EQ(result.err, absl::StrCat("lbctl: ", line, "\n"));
  }
};

TEST_F(LbctlErrorTest, WrongUsageNeverReachesTheAgent) {
  const struct {
    const char* words;
    const char* line;
  } kRows[] = {
      {"", "no command given; see lbctl --help"},
      {"frobnicate", "unknown command \"frobnicate\"; see lbctl --help"},
      {"bakend list",
       "unknown command \"bakend\", did you mean \"backend\"?; see lbctl "
       "--help"},
      {"frobnicate --help", "unknown command \"frobnicate\"; see lbctl --help"},
      {"backend weight 10.0.0.101 -1",
       "\"-1\" is no weight; expected 0 to 65535"},
      {"service",
       "\"service\" is no command; expected one of: service list, service "
       "show, service add, service remove; see lbctl service --help"},
      {"service frob",
       "\"service frob\" is no command; expected one of: service list, "
       "service show, service add, service remove; see lbctl service --help"},
      {"status now",
       "status takes no argument, got \"now\"; see lbctl status --help"},
      {"service add",
       "service add takes tcp:VIP:PORT, got none; see lbctl service add "
       "--help"},
      {"explain 10.0.0.1:1",
       "explain takes SOURCE:PORT DESTINATION:PORT, got \"10.0.0.1:1\"; see "
       "lbctl explain --help"},
      {"--frob status", "unknown flag --frob; see lbctl --help"},
      {"status --flagfile=x", "unknown flag --flagfile; see lbctl --help"},
      {"status --logtostderr", "unknown flag --logtostderr; see lbctl --help"},
      {"status --all", "status takes no flag --all; see lbctl status --help"},
      {"backend remove 10.0.0.1 --service=", "flag --service needs a value"},
      {"apply -f", "flag -f needs a value"},
      {"apply", "apply needs -f FILE (\"-\" is stdin)"},
      {"status --timeout_ms=soon", "flag --timeout_ms: \"soon\" is no uint32"},
      {"status --timeout_ms=0", "flag --timeout_ms: 0 ms is no time to wait"},
      {"status --output=xml",
       "flag --output: \"xml\" is no format; expected table or json"},
      {"service show 10.0.0.200:80",
       "service \"10.0.0.200:80\": expected PROTOCOL:VIP:PORT like "
       "tcp:10.0.0.200:80"},
      {"service remove tcp:10.0.0.200:http",
       "service \"tcp:10.0.0.200:http\": \"http\" is no port; expected 0 to "
       "65535"},
      {"service add tcp:10.0.0.200:80 --backends=10.0.0.1,10.0.0.1",
       "--backends: backend \"10.0.0.1\": its address is given twice"},
      {"service add tcp:10.0.0.200:80 --table_size=-1",
       "flag --table_size: \"-1\" is no uint32"},
      {"backend list --service=web",
       "service \"web\": expected PROTOCOL:VIP:PORT like tcp:10.0.0.200:80"},
      {"backend add 10.0.0.101@65536",
       "backend \"10.0.0.101@65536\": \"65536\" is no weight; expected 0 to "
       "65535"},
      {"backend add 10.0.0.101 --service=x",
       "service \"x\": expected PROTOCOL:VIP:PORT like tcp:10.0.0.200:80"},
      {"backend remove 239.0.0.1",
       "backend: \"239.0.0.1\" cannot be a host's address; expected a unicast "
       "address"},
      {"backend enable web1",
       "backend: \"web1\" is no IPv4 address; expected one like 10.0.0.101"},
      {"backend disable 10.0.0.101@5",
       "backend: \"10.0.0.101@5\" is no IPv4 address; expected one like "
       "10.0.0.101"},
      {"backend weight 10.0.0.101 heavy",
       "\"heavy\" is no weight; expected 0 to 65535"},
      {"backend drain",
       "backend drain takes ADDRESS, got none; see lbctl backend drain --help"},
      {"backend drain web4 --deadline=10m",
       "backend: \"web4\" is no IPv4 address; expected one like 10.0.0.101"},
      {"backend drain 10.0.0.104 --deadline=", "flag --deadline needs a value"},
      {"backend disable 10.0.0.104 --deadline=10m",
       "backend disable takes no flag --deadline; see lbctl backend disable "
       "--help"},
      {"explain 10.0.0.1 10.0.0.200:80",
       "\"10.0.0.1\": expected ADDRESS:PORT like 10.0.0.1:40000"},
      {"explain 10.0.0.1:1 10.0.0.200:65536",
       "\"10.0.0.200:65536\": \"65536\" is no port; expected 0 to 65535"},
  };
  for (const auto& row : kRows) {
    ExpectError(Lbctl(row.words), 2, row.line);
  }
  EXPECT_THAT(agent().TakeRequests(), IsEmpty());
}

TEST_F(LbctlErrorTest, WrongDeadlineNeverReachesTheAgent) {
  for (const std::string deadline :
       {"10", "soon", "10m!", "m", "0", "0s", "-10m", "999ms", "8760h1s", "inf",
        "-inf", "99999999999999999999h"}) {
    ExpectError(
        Lbctl("backend drain 10.0.0.104 --deadline=" + deadline), 2,
        absl::StrCat("flag --deadline: \"", deadline,
                     "\" is no time; expected 1s to 8760h, written like 10m "
                     "or 1h30m"));
  }
  EXPECT_THAT(agent().TakeRequests(), IsEmpty());
}

TEST_F(LbctlErrorTest, SocketPathTooLong) {
  ExpectError(
      LbctlAnywhere({"status", "--control_socket=/" + std::string(107, 'x')}),
      2,
      "flag --control_socket: a unix socket's path has at most 107 bytes, not "
      "108");
}

TEST_F(LbctlErrorTest, BadServicesFileNeverReachesTheAgent) {
  ExpectError(Lbctl("apply -f -", "service {\n  vpi: \"10.0.0.200\"\n}\n"), 1,
              "stdin:2:6: Message type \"l275.control.Service\" has no field "
              "named \"vpi\".");
  ExpectError(Lbctl("apply -f -",
                    "service { vip: \"10.0.0.200\" port: 80\n"
                    "  backend { address: \"web1\" }\n}\n"),
              1,
              "stdin:2:3: tcp:10.0.0.200:80: \"web1\" is no IPv4 address; "
              "expected one like 10.0.0.101");
  ExpectError(Lbctl("apply -f -", "# nothing\n"), 1,
              "stdin: no service in it; expected one, or --allow_empty");
  ExpectError(Lbctl("apply -f -", "service { vip: \"10.0.0.200\" port: 80 }"),
              1,
              "stdin:1: the last line does not end with a newline, the file "
              "may be cut off");
  ExpectError(Lbctl("apply -f /no/such/file"), 1,
              "cannot read /no/such/file: No such file or directory");
  ExpectError(Lbctl("apply -f /"), 1, "cannot read /: Is a directory");
  EXPECT_THAT(agent().TakeRequests(), IsEmpty());
}

TEST_F(LbctlErrorTest, TheAgentsRefusalIsPrintedAsItIs) {
  agent().SetAnswer("POST /v1/change",
                    {409, R"({"error": "tcp:10.0.0.200:80 exists already"})"});
  ExpectError(Lbctl("service add tcp:10.0.0.200:80"), 1,
              "tcp:10.0.0.200:80 exists already");
  ExpectError(Lbctl("service add tcp:10.0.0.200:80 --output=json"), 1,
              "tcp:10.0.0.200:80 exists already");
}

TEST_F(LbctlErrorTest, ServiceThatTheAgentDoesNotHave) {
  agent().SetAnswer("GET /v1/services", {200, "{}"});
  for (const char* words : {"service show tcp:10.0.0.200:80",
                            "backend list --service=tcp:10.0.0.200:80"}) {
    ExpectError(Lbctl(words), 1,
                "no service tcp:10.0.0.200:80; \"lbctl service list\" lists "
                "them");
  }
}

TEST_F(LbctlErrorTest, AnswersThatCannotBeRead) {
  const struct {
    const char* description;
    FakeAgent::Answer answer;
    const char* line;
  } kRows[] = {
      {"HTML with status 200",
       {200, "<html>It works!</html>"},
       "the answer to GET /v1/status (HTTP status 200) cannot be read: "
       "expected JSON of l275.control.Status: Expected a value.; is it "
       "lb_agent, and of this "
       "version?"},
      {"nothing with status 200",
       {200, ""},
       "the answer to GET /v1/status (HTTP status 200) cannot be read: "
       "expected JSON of l275.control.Status: Unexpected end of string. "
       "Expected a value.; is it lb_agent, and of this "
       "version?"},
      {"a field of another type",
       {200, R"({"pid": "one"})"},
       "the answer to GET /v1/status (HTTP status 200) cannot be read: "
       "expected JSON of l275.control.Status: (pid): invalid value \"one\" for "
       "type TYPE_UINT32; is it lb_agent, and of this "
       "version?"},
      {"HTML with status 404",
       {404, "<html>Not found</html>"},
       "the answer to GET /v1/status (HTTP status 404) cannot be read: "
       "expected JSON of l275.control.Error: Expected a value.; is it "
       "lb_agent, and of this "
       "version?"},
      {"an error without words",
       {500, "{}"},
       "the agent refused GET /v1/status without a reason (HTTP status 500)"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    agent().SetAnswer("GET /v1/status", row.answer);
    ExpectError(Lbctl("status"), 1, row.line);
  }
}

TEST_F(LbctlErrorTest, AgentThatDoesNotAnswer) {
  ExpectError(Lbctl("status --timeout_ms=50"), 1,
              absl::StrCat("the agent on ", socket(),
                           " did not answer within 50 ms (longer: "
                           "--timeout_ms)"));
  ExpectError(Lbctl("backend enable 10.0.0.101 --timeout_ms=50"), 1,
              absl::StrCat("the agent on ", socket(),
                           " did not answer within 50 ms and may still make "
                           "the change (longer: --timeout_ms)"));
}

TEST_F(LbctlErrorTest, NoAgent) {
  const std::string missing = folder() + "/none";
  ExpectError(LbctlAnywhere({"status", "--control_socket", missing}), 1,
              absl::StrCat("no agent on ", missing,
                           ": No such file or directory (is lb_agent running? "
                           "another socket: --control_socket)"));
  // What is left of an agent that was killed refuses connections; so does a
  // plain file.
  const std::string plain = folder() + "/stdin";
  ExpectError(LbctlAnywhere({"status", "--control_socket", plain}), 1,
              absl::StrCat("no agent on ", plain,
                           ": Connection refused (is lb_agent running? another "
                           "socket: --control_socket)"));
}

// A socket that only somebody else may use. Root may use every socket, unless
// it lacks the capability; a test that is not root has none to drop.
TEST_F(LbctlErrorTest, SocketThatMayNotBeUsed) {
  ASSERT_EQ(chmod(socket().c_str(), 0), 0);
  const bool is_dropped = prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE) == 0;
  ASSERT_TRUE(is_dropped || errno == EPERM);
  ExpectError(Lbctl("status"), 1,
              absl::StrCat("may not connect to ", socket(),
                           ": Permission denied (try as root)"));
}

// Accepts one connection, sends the bytes and closes it.
class OneAnswer {
 public:
  OneAnswer(const std::string& path, const std::string& bytes) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    listener_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    CHECK_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address),
                  sizeof(address)),
             0);
    CHECK_EQ(listen(listener_.get(), 1), 0);
    thread_ = std::thread([this, bytes] { Answer(bytes); });
  }
  ~OneAnswer() { thread_.join(); }

 private:
  void Answer(const std::string& bytes) {
    const UniqueFd connection(accept(listener_.get(), nullptr, nullptr));
    char request[4096];
    CHECK_GT(read(connection.get(), request, sizeof(request)), 0);
    CHECK_EQ(write(connection.get(), bytes.data(), bytes.size()),
             static_cast<ssize_t>(bytes.size()));
  }

  UniqueFd listener_;
  std::thread thread_;
};

TEST_F(LbctlErrorTest, ConnectionsThatBreak) {
  const std::string path = folder() + "/other";
  const struct {
    const char* description;
    const char* bytes;
    std::string line;
  } kRows[] = {
      {"another protocol", "220 mail.example.org ESMTP\r\n",
       absl::StrCat("what listens on ", path,
                    " does not speak HTTP; is it the agent's socket?")},
      {"closed at once", "",
       absl::StrCat("no answer from the agent on ", path,
                    ": Server returned nothing (no headers, no data)")},
      {"closed within the body",
       "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
       absl::StrCat("no answer from the agent on ", path,
                    ": Transferred a partial file")},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const OneAnswer server(path, row.bytes);
    ExpectError(LbctlAnywhere({"status", "--control_socket", path}), 1,
                row.line);
    ASSERT_EQ(unlink(path.c_str()), 0);
  }
}

}  // namespace
}  // namespace l275
