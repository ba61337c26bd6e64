#ifndef L275_COMMON_OS_NAMESPACE_FILE_H_
#define L275_COMMON_OS_NAMESPACE_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/os/unique_fd.h"

namespace l275 {

// A file to lock, one for each network namespace and name:
// /run/l275/<namespace's inode>-<name>.lock. Only root can open it. The file
// stays when the process ends, its locks do not.
//
// `name` has no slash.
absl::StatusOr<std::string> NamespaceFilePath(absl::string_view name);

// Opens it for reading and writing, and makes it when it is not there.
absl::StatusOr<UniqueFd> OpenNamespaceFile(absl::string_view name);

}  // namespace l275

#endif  // L275_COMMON_OS_NAMESPACE_FILE_H_
