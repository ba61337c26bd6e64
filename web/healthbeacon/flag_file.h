#ifndef L275_WEB_HEALTHBEACON_FLAG_FILE_H_
#define L275_WEB_HEALTHBEACON_FLAG_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace l275 {

// The arguments of a command line with each --flagfile=PATH replaced by what
// the file has: flags, one a line, empty lines and lines that begin with "#".
//
//   # /etc/l275/healthbeacon.conf
//   --address=10.0.0.101
//   --check=http://127.0.0.1:8080/healthz
//
// gflags reads such files as well, but ends the program when one is missing,
// and ignores the rest of a file after a line that is no flag.
//
// Errors name the file, and for a line that is no flag (InvalidArgument) its
// number. A file cannot name another one.
absl::StatusOr<std::vector<std::string>> ExpandFlagFiles(
    const std::vector<std::string>& arguments);

// Sets the flags that are defined in `main_file` (as Bazel names it) to what
// `arguments` say, and all others of that file to their defaults. An
// InvalidArgument quotes the argument that is wrong; some flags are set then.
absl::Status SetFlags(const std::string& main_file,
                      const std::vector<std::string>& arguments);

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_FLAG_FILE_H_
