#ifndef L275_LB_CLI_RUN_PROGRAM_H_
#define L275_LB_CLI_RUN_PROGRAM_H_

#include <string>
#include <vector>

namespace l275 {

// For tests: what a program did.
struct ProgramResult {
  int exit_code = -1;  // -1 when a signal ended it
  std::string out;
  std::string err;
};

// Runs the program at argv[0] to its end, with `input` as its stdin. Its files
// are in `folder`. A CHECK fails when it cannot be started.
ProgramResult RunProgram(const std::vector<std::string>& argv,
                         const std::string& input, const std::string& folder);

}  // namespace l275

#endif  // L275_LB_CLI_RUN_PROGRAM_H_
