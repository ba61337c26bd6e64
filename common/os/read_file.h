#ifndef L275_COMMON_OS_READ_FILE_H_
#define L275_COMMON_OS_READ_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace l275 {

// All that is in the file; "-" is stdin, read to its end. NotFound says which
// file cannot be read, and why.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// The same of a regular file that none but its owner can read or write, and
// which belongs to the process's user or to root. PermissionDenied names the
// mode or the owner found. The returned string is the only copy in memory: to
// be overwritten by the caller after use. Never waits for a FIFO's other end.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

}  // namespace l275

#endif  // L275_COMMON_OS_READ_FILE_H_
