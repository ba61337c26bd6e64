#ifndef L275_COMMON_OS_PROGRAM_FLAGS_H_
#define L275_COMMON_OS_PROGRAM_FLAGS_H_

#include <string>

namespace l275 {

// Starts a program that takes flags only: parses them, sets up logging to
// stderr. --help shows the flags defined in `main_file` (as Bazel names it:
// "lb/agent/main.cc") and --version the version; both end the program with exit
// code 0. An argument that is no flag ends it with a line on stderr and exit
// code 2, an unknown flag with gflags' line and exit code 1.
void ParseProgramFlags(const std::string& usage, const std::string& main_file,
                       int argc, char** argv);

}  // namespace l275

#endif  // L275_COMMON_OS_PROGRAM_FLAGS_H_
