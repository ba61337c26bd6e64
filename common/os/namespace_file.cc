#include "common/os/namespace_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr char kFolder[] = "/run/l275";
constexpr char kNamespace[] = "/proc/self/ns/net";

}  // namespace

absl::StatusOr<std::string> NamespaceFilePath(absl::string_view name) {
  struct stat network_namespace;
  if (stat(kNamespace, &network_namespace) != 0) {
    return ErrnoStatus(errno, absl::StrCat("stat(", kNamespace, ")"));
  }
  return absl::StrCat(kFolder, "/", network_namespace.st_ino, "-", name,
                      ".lock");
}

absl::StatusOr<UniqueFd> OpenNamespaceFile(absl::string_view name) {
  L275_ASSIGN_OR_RETURN(const std::string path, NamespaceFilePath(name));
  if (mkdir(kFolder, 0755) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, absl::StrCat("mkdir(", kFolder, ")"));
  }
  UniqueFd file(
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return ErrnoStatus(errno, absl::StrCat("open(", path, ")"));
  return file;
}

}  // namespace l275
