#include "common/read_file.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/unique_fd.h"

namespace l275 {
namespace {

absl::Status CannotRead(const std::string& name) {
  return absl::NotFoundError(
      absl::StrCat("cannot read ", name, ": ", std::strerror(errno)));
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& name) {
  std::string text;
  char buffer[1 << 16];
  while (true) {
    const ssize_t size = TEMP_FAILURE_RETRY(read(fd, buffer, sizeof(buffer)));
    if (size < 0) return CannotRead(name);
    if (size == 0) return text;
    text.append(buffer, static_cast<size_t>(size));
  }
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path == "-") return ReadAll(STDIN_FILENO, "stdin");
  const UniqueFd fd(
      TEMP_FAILURE_RETRY(open(path.c_str(), O_RDONLY | O_CLOEXEC)));
  if (!fd) return CannotRead(path);
  return ReadAll(fd.get(), path);
}

}  // namespace l275
