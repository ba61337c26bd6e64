#include "lb/agent/maps/pinned_map.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"
#include "lb/agent/maps/lb_object.h"

namespace l275 {

std::string PinPathOf(const std::string& folder, const bpf_map* map) {
  return absl::StrCat(folder, "/", bpf_map__name(map));
}

absl::StatusOr<UniqueFd> OpenPinnedMap(const std::string& path) {
  UniqueFd fd(bpf_obj_get(path.c_str()));
  if (fd) return fd;
  if (errno == ENOENT) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is missing"));
  }
  return ErrnoStatus(errno, absl::StrCat("opening ", path));
}

namespace {

bool IsSameButForSize(const bpf_map_info& info, const bpf_map* map) {
  return info.type == bpf_map__type(map) &&
         info.key_size == bpf_map__key_size(map) &&
         info.value_size == bpf_map__value_size(map);
}

absl::Status OtherShape(const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, " is of another shape than this agent's"));
}

absl::Status CopyCounters(int from, int to, uint32_t entries,
                          size_t value_size) {
  const size_t words = PossibleCpus() * ((value_size + 7) / 8);
  std::vector<uint64_t> value(words);
  for (uint32_t i = 0; i < entries; ++i) {
    if (bpf_map_lookup_elem(from, &i, value.data()) != 0 ||
        bpf_map_update_elem(to, &i, value.data(), BPF_ANY) != 0) {
      return ErrnoStatus(errno, absl::StrCat("copying counter ", i));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bpf_map_info> MapInfoOf(int fd, const std::string& name) {
  bpf_map_info info = {};
  uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &length) == 0) return info;
  return ErrnoStatus(errno, absl::StrCat("asking what ", name, " is like"));
}

absl::Status ReusePinnedMap(const std::string& folder, bpf_map* map) {
  const std::string path = PinPathOf(folder, map);
  L275_ASSIGN_OR_RETURN(const UniqueFd fd, OpenPinnedMap(path));
  L275_ASSIGN_OR_RETURN(const bpf_map_info info, MapInfoOf(fd.get(), path));
  if (!IsSameButForSize(info, map) ||
      info.max_entries != bpf_map__max_entries(map)) {
    return OtherShape(path);
  }
  return ReuseMap(map, fd.get());
}

bool IsPinned(const std::string& folder, const bpf_map* map) {
  return access(PinPathOf(folder, map).c_str(), F_OK) == 0;
}

absl::Status PinInsteadOf(const std::string& folder, const char* earlier,
                          const bpf_map* map) {
  const std::string earlier_path = absl::StrCat(folder, "/", earlier);
  L275_ASSIGN_OR_RETURN(const UniqueFd fd, OpenPinnedMap(earlier_path));
  L275_ASSIGN_OR_RETURN(const bpf_map_info info,
                        MapInfoOf(fd.get(), earlier_path));
  if (!IsSameButForSize(info, map)) return OtherShape(earlier_path);
  L275_RETURN_IF_ERROR(CopyCounters(
      fd.get(), bpf_map__fd(map),
      std::min(info.max_entries, bpf_map__max_entries(map)), info.value_size));
  const std::string path = PinPathOf(folder, map);
  if (bpf_obj_pin(bpf_map__fd(map), path.c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, absl::StrCat("pinning ", path));
}

uint64_t BootTimeNs() {
  timespec time = {};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(time.tv_nsec);
}

absl::StatusOr<l275_layout> ReadPinnedLayout(const std::string& folder) {
  if (access(folder.c_str(), F_OK) != 0) {
    return absl::NotFoundError(absl::StrCat("there is no ", folder));
  }
  const std::string path = absl::StrCat(folder, "/layout");
  L275_ASSIGN_OR_RETURN(const UniqueFd fd, OpenPinnedMap(path));
  L275_ASSIGN_OR_RETURN(const bpf_map_info info, MapInfoOf(fd.get(), path));
  l275_layout layout = {};
  const uint32_t zero = 0;
  // A later version may have more to say; it still begins with its number.
  std::vector<char> value(std::max<size_t>(info.value_size, sizeof(layout)));
  if (bpf_map_lookup_elem(fd.get(), &zero, value.data()) != 0) {
    return ErrnoStatus(errno, absl::StrCat("reading ", path));
  }
  std::memcpy(&layout, value.data(), sizeof(layout));
  if (layout.version != L275_LAYOUT_VERSION) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the maps in ", folder, " are of layout version ", layout.version,
        ", this agent's of version ", L275_LAYOUT_VERSION));
  }
  return layout;
}

}  // namespace l275
