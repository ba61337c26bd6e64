#include "lb/agent/dataplane/lb_object.h"

#include <bpf/libbpf.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/status_util.h"

namespace l275 {

absl::StatusOr<LbObjectPtr> OpenLbObject() {
  LbObjectPtr object(lb__open());
  if (object == nullptr) return ErrnoStatus(errno, "lb__open()");
  return object;
}

std::vector<bpf_map*> SharedMaps(const lb* object) {
  std::vector<bpf_map*> maps = PinnedMaps(object);
  maps.push_back(object->maps.flow_news);
  maps.push_back(object->maps.untold_flows);
  return maps;
}

std::vector<bpf_map*> PinnedMaps(const lb* object) {
  const auto& maps = object->maps;
  return {
      maps.service_buckets,
      maps.services,
      maps.slots,
      maps.priors,
      maps.flows,
      maps.flow_budget,
      maps.flow_events,
      maps.backends,
      maps.next_hops,
      maps.ingress,
      maps.egress,
      maps.slow_path,
      maps.verdict_counters,
      maps.service_counters,
      maps.backend_counters,
      maps.layout,
  };
}

absl::Status ReuseMap(bpf_map* map, int fd) {
  const int error = bpf_map__reuse_fd(map, fd);
  if (error == 0) return absl::OkStatus();
  return ErrnoStatus(
      -error, absl::StrCat("bpf_map__reuse_fd(", bpf_map__name(map), ")"));
}

}  // namespace l275
