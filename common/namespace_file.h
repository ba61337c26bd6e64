#ifndef L275_COMMON_NAMESPACE_FILE_H_
#define L275_COMMON_NAMESPACE_FILE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/unique_fd.h"

namespace l275 {

// Opens a file to lock, one for each network namespace and name:
// /run/l275/<namespace's inode>-<name>.lock. Makes it when it is not there;
// only root can open it. The file stays when the process ends, its locks do
// not.
//
// `name` has no slash.
absl::StatusOr<UniqueFd> OpenNamespaceFile(absl::string_view name);

}  // namespace l275

#endif  // L275_COMMON_NAMESPACE_FILE_H_
