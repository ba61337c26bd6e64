#ifndef L275_LB_CLI_COMMAND_LOOKUP_H_
#define L275_LB_CLI_COMMAND_LOOKUP_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lb/cli/command.h"

namespace l275 {

// The names of the flags of all commands.
std::set<std::string> FlagsOfCommands();

// A command, and the words after its name.
struct CommandCall {
  const Command* command;
  std::vector<std::string> arguments;
};

// The command that the words name, with as many arguments as it takes, and no
// flag given that it does not take. A usage error otherwise.
absl::StatusOr<CommandCall> FindCommand(const std::vector<std::string>& words,
                                        const std::set<std::string>& flags);

// The commands whose names begin with the leading words: {"service"} all of
// "service ...", {"service", "add", "tcp:..."} one, {} all; none when the first
// word begins no command's name.
std::vector<const Command*> CommandsOf(const std::vector<std::string>& words);

}  // namespace l275

#endif  // L275_LB_CLI_COMMAND_LOOKUP_H_
