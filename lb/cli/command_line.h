#ifndef L275_LB_CLI_COMMAND_LINE_H_
#define L275_LB_CLI_COMMAND_LINE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace l275 {

// What stands on the command line: words, and flags anywhere among them.
//
// gflags keeps the flags, but its own parser prints to stderr and exits with 1
// when something is wrong, and its help is about the program's source files. So
// this splits the line by the same rules (-f and --f are the same, "--f=v" and
// "--f v", "--b" and "--nob" for booleans, "--" ends the flags) and hands each
// value to gflags.
struct CommandLine {
  std::vector<std::string> words;
  std::set<std::string> flags;  // the names given
  bool help = false;            // -h, --help
  bool version = false;         // --version
};

// How a flag is written: "-f", "--all".
std::string Dashed(const std::string& flag);

// Sets the gflags of `known_flags` that `arguments` (without the program's
// name) give. Those must be defined. InvalidArgument is one line: a flag that
// is not known, has no value, or a value that its type does not have.
absl::StatusOr<CommandLine> ParseCommandLine(
    const std::vector<std::string>& arguments,
    const std::set<std::string>& known_flags);

}  // namespace l275

#endif  // L275_LB_CLI_COMMAND_LINE_H_
