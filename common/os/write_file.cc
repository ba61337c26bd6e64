#include "common/os/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "common/os/unique_fd.h"

namespace l275 {
namespace {

void MakeFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0) return;
  mkdir(path.substr(0, slash).c_str(), 0755);  // open() tells if that failed
}

absl::Status WriteAll(int fd, absl::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t size =
        TEMP_FAILURE_RETRY(write(fd, text.data(), text.size()));
    if (size < 0) return ErrnoStatus(errno, absl::StrCat("write(", path, ")"));
    text.remove_prefix(static_cast<size_t>(size));
  }
  return absl::OkStatus();
}

// After rename(2), so that the name is on the disk as well.
absl::Status SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd && fsync(fd.get()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("fsync(", folder, ")"));
}

UniqueFd Create(const std::string& path) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
  UniqueFd fd(open(path.c_str(), kFlags, 0600));
  if (fd || errno != ENOENT) return fd;
  MakeFolderOf(path);
  return UniqueFd(open(path.c_str(), kFlags, 0600));
}

absl::Status WriteBeside(const UniqueFd& fd, const std::string& beside,
                         const std::string& path, absl::string_view text,
                         bool durably) {
  L275_RETURN_IF_ERROR(WriteAll(fd.get(), text, beside));
  if (durably && fsync(fd.get()) != 0) {
    return ErrnoStatus(errno, absl::StrCat("fsync(", beside, ")"));
  }
  if (rename(beside.c_str(), path.c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("rename(", beside, ", ", path, ")"));
}

absl::Status WriteAndRename(const std::string& path, absl::string_view text,
                            bool durably) {
  const std::string beside = path + ".new";
  const UniqueFd fd = Create(beside);
  if (!fd) return ErrnoStatus(errno, absl::StrCat("open(", beside, ")"));
  const absl::Status written = WriteBeside(fd, beside, path, text, durably);
  if (!written.ok()) unlink(beside.c_str());
  L275_RETURN_IF_ERROR(written);
  return durably ? SyncFolderOf(path) : absl::OkStatus();
}

}  // namespace

absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view text) {
  return WriteAndRename(path, text, /*durably=*/false);
}

absl::Status WriteFileDurably(const std::string& path, absl::string_view text) {
  return WriteAndRename(path, text, /*durably=*/true);
}

}  // namespace l275
