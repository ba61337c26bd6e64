#ifndef L275_LB_CLI_COMMAND_H_
#define L275_LB_CLI_COMMAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "lb/cli/agent_client.h"

namespace l275 {

// The values of the flags, see main.cc for what they mean.
struct Options {
  bool json = false;
  std::string service;
  std::string backends;
  std::string deadline;
  uint32_t table_size = 0;
  bool all = false;
  std::string file;
  bool dry_run = false;
  bool allow_empty = false;
  std::string bpffs_dir;
  uint32_t static_for_s = 0;
  bool preferred = false;
  uint32_t agentless_for_s = 0;
};

// One call of a command. The arguments are the words after the command's name,
// as many as it takes.
struct Invocation {
  const AgentClient& agent;
  const Options& options;
  std::vector<std::string> arguments;
};

// What the operator typed is wrong: lbctl says so without asking the agent and
// exits with 2. Any other status than this and OK makes it exit with 1.
inline absl::Status UsageError(absl::string_view message) {
  return absl::InvalidArgumentError(message);
}
inline bool IsUsageError(const absl::Status& status) {
  return absl::IsInvalidArgument(status);
}

// Does it and returns what goes to stdout.
using CommandFunction = absl::StatusOr<std::string> (*)(const Invocation&);

// A flag that a command takes, and how its usage line shows it.
struct FlagUse {
  std::string name;    // "service"
  std::string syntax;  // "[--service=tcp:VIP:PORT]", without [] when required
};

// A row of the table of commands.
struct Command {
  std::vector<std::string> name;  // {"service", "add"}
  std::vector<std::string>
      arguments;               // {"tcp:VIP:PORT"}: as the help shows them
  std::vector<FlagUse> flags;  // besides kGlobalFlags
  std::string summary;         // one line
  std::vector<std::string> examples;  // without "lbctl "
  CommandFunction run;

  std::string FullName() const { return absl::StrJoin(name, " "); }
};

// Taken by every command.
inline constexpr absl::string_view kGlobalFlags[] = {"control_socket", "output",
                                                     "timeout_ms"};

}  // namespace l275

#endif  // L275_LB_CLI_COMMAND_H_
