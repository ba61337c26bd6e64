#ifndef L275_LB_CLI_HELP_H_
#define L275_LB_CLI_HELP_H_

#include <string>
#include <vector>

#include "lb/cli/command.h"

namespace l275 {

// What `lbctl --help` prints: all commands, global flags, examples.
std::string OverviewHelp();

// What `lbctl service --help` prints, or `lbctl service add --help`: the usage,
// flags and examples of these commands. Flags' texts are gflags' own.
std::string CommandsHelp(const std::vector<const Command*>& commands);

}  // namespace l275

#endif  // L275_LB_CLI_HELP_H_
