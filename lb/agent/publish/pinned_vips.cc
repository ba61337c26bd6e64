#include "lb/agent/publish/pinned_vips.h"

#include <linux/bpf.h>

#include "absl/strings/str_cat.h"
#include "common/abi/map_layout.h"
#include "common/os/status_util.h"
#include "common/os/unique_fd.h"
#include "lb/agent/maps/mapped_array.h"
#include "lb/agent/maps/pinned_map.h"
#include "lb/agent/publish/service_writer.h"

namespace l275 {

absl::StatusOr<std::set<Ipv4Address>> ReadPinnedVips(
    const std::string& folder) {
  L275_RETURN_IF_ERROR(ReadPinnedLayout(folder).status());
  const std::string path = absl::StrCat(folder, "/service_buckets");
  L275_ASSIGN_OR_RETURN(const UniqueFd fd, OpenPinnedMap(path));
  L275_ASSIGN_OR_RETURN(const bpf_map_info info, MapInfoOf(fd.get(), path));
  if (info.value_size != sizeof(l275_service_bucket)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is of another shape than this program's"));
  }
  L275_ASSIGN_OR_RETURN(
      const auto buckets,
      MappedArray<l275_service_bucket>::Create(fd.get(), info.max_entries));
  std::set<Ipv4Address> vips;
  for (uint32_t i = 0; i < buckets.size(); ++i) {
    for (const uint64_t key : buckets[i].key) {
      if (key != 0) vips.insert(ServiceAddressOf(key).vip);
    }
  }
  return vips;
}

}  // namespace l275
