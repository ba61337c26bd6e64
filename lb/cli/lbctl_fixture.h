#ifndef L275_LB_CLI_LBCTL_FIXTURE_H_
#define L275_LB_CLI_LBCTL_FIXTURE_H_

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/control/json.h"
#include "lb/cli/fake_agent.h"
#include "lb/cli/run_program.h"

namespace l275 {

// For tests: the lbctl binary, and a fake agent for it to talk to. Makes the
// test's own temporary folder the working directory.
class LbctlFixture : public ::testing::Test {
 protected:
  LbctlFixture();
  ~LbctlFixture() override;

  // Runs `lbctl <words>` against the fake agent's socket.
  ProgramResult Lbctl(const std::string& words_with_blanks,
                      const std::string& input = "");
  // Without --control_socket.
  ProgramResult LbctlAnywhere(const std::vector<std::string>& arguments,
                              const std::string& input = "");

  // The agent answers `line` with this message of the schema.
  template <typename Message>
  Message SetAnswer(const std::string& line, const std::string& text) {
    Message message;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
    agent().SetAnswer(line, {200, ToPrettyJson(message)});
    return message;
  }

  // Exit code 0, nothing on stderr; what is on stdout.
  std::string OutputOf(const std::string& words, const std::string& input = "");

  const std::string& socket() const { return socket_; }
  // For files of a test, removed with all that is in it.
  const std::string& folder() const { return folder_; }
  FakeAgent& agent() { return agent_; }

 private:
  const std::string folder_;
  const std::string socket_;
  FakeAgent agent_;
};

}  // namespace l275

#endif  // L275_LB_CLI_LBCTL_FIXTURE_H_
