#include "bench/map_memory.h"

#include <bpf/bpf.h>
#include <dirent.h>

#include <cerrno>
#include <fstream>
#include <memory>

#include "absl/strings/numbers.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr char kDirectory[] = "/proc/self/fdinfo";

using DirectoryPtr = std::unique_ptr<DIR, int (*)(DIR*)>;

// The bytes that are reckoned for the map; 0 for what is no map.
uint64_t Memory(const std::string& fd) {
  std::ifstream file(std::string(kDirectory) + "/" + fd);
  bool is_map = false;
  uint64_t bytes = 0;
  std::string field;
  while (file >> field) {
    is_map = is_map || field == "map_type:";
    if (field == "memlock:") file >> bytes;
  }
  return is_map ? bytes : 0;
}

absl::StatusOr<std::string> NameOfMap(int fd) {
  bpf_map_info info = {};
  uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0) {
    return ErrnoStatus(errno, "bpf_obj_get_info_by_fd()");
  }
  return std::string(info.name);
}

}  // namespace

absl::StatusOr<std::map<std::string, uint64_t>> MapMemory() {
  const DirectoryPtr directory(opendir(kDirectory), closedir);
  if (directory == nullptr) return ErrnoStatus(errno, kDirectory);
  std::map<std::string, uint64_t> memory;
  while (const dirent* const entry = readdir(directory.get())) {
    int fd = 0;
    if (!absl::SimpleAtoi(entry->d_name, &fd)) continue;
    const uint64_t bytes = Memory(entry->d_name);
    if (bytes == 0) continue;
    L275_ASSIGN_OR_RETURN(const std::string name, NameOfMap(fd));
    memory[name] += bytes;
  }
  return memory;
}

}  // namespace l275
