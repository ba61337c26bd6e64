#include "common/os/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/os/status_util.h"
#include "common/os/unique_fd.h"

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

absl::StatusOr<UniqueFd> Open(const std::string& path, int flags = 0) {
  UniqueFd fd(
      TEMP_FAILURE_RETRY(open(path.c_str(), O_RDONLY | O_CLOEXEC | flags)));
  if (!fd) return CannotRead(path);
  return fd;
}

// Straight into one string, which does not move: no copy is left anywhere.
absl::StatusOr<std::string> ReadUpTo(int fd, size_t size,
                                     const std::string& name) {
  std::string text(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t count =
        TEMP_FAILURE_RETRY(read(fd, &text[done], size - done));
    if (count < 0) {
      explicit_bzero(text.data(), text.size());
      return CannotRead(name);
    }
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  text.resize(done);
  return text;
}

absl::Status CheckSecret(const struct stat& file, const std::string& path) {
  if (!S_ISREG(file.st_mode)) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, " is no regular file"));
  }
  if ((file.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::PermissionDeniedError(absl::StrFormat(
        "%s has mode %04o: others than its owner may use it; expected 0600 or "
        "0400",
        path, file.st_mode & 07777));
  }
  if (file.st_uid != geteuid() && file.st_uid != 0) {
    return absl::PermissionDeniedError(
        absl::StrFormat("%s belongs to user %d; expected %d or root", path,
                        file.st_uid, geteuid()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path == "-") return ReadAll(STDIN_FILENO, "stdin");
  L275_ASSIGN_OR_RETURN(const UniqueFd fd, Open(path));
  return ReadAll(fd.get(), path);
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  // So that a FIFO is refused instead of waited for.
  L275_ASSIGN_OR_RETURN(const UniqueFd fd, Open(path, O_NONBLOCK));
  struct stat file;
  if (fstat(fd.get(), &file) != 0) return CannotRead(path);
  L275_RETURN_IF_ERROR(CheckSecret(file, path));
  return ReadUpTo(fd.get(), static_cast<size_t>(file.st_size), path);
}

}  // namespace l275
