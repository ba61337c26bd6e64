#include "common/os/program_flags.h"

#include <gflags/gflags.h>
#include <glog/logging.h>

#include <cstdlib>
#include <iostream>

#include "common/os/version.h"

DECLARE_bool(help);

namespace l275 {

void ParseProgramFlags(const std::string& usage, const std::string& main_file,
                       int argc, char** argv) {
  // A default, so that glog's flags still can say otherwise.
  gflags::SetCommandLineOptionWithMode("logtostderr", "true",
                                       gflags::SET_FLAGS_DEFAULT);
  gflags::SetUsageMessage(usage);
  gflags::SetVersionString(kVersion);
  gflags::ParseCommandLineNonHelpFlags(&argc, &argv, true);
  if (FLAGS_help) {
    gflags::ShowUsageWithFlagsRestrict(argv[0], main_file.c_str());
    std::exit(EXIT_SUCCESS);
  }
  gflags::HandleCommandLineHelpFlags();
  if (argc > 1) {
    std::cerr << gflags::ProgramInvocationShortName()
              << ": unexpected argument \"" << argv[1]
              << "\"; expected flags only, see --help\n";
    std::exit(2);
  }
  google::InitGoogleLogging(argv[0]);
}

}  // namespace l275
