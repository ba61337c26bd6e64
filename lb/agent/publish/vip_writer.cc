#include "lb/agent/publish/vip_writer.h"

#include <bpf/bpf.h>
#include <glog/logging.h>

#include <cstdint>

namespace l275 {
namespace {

std::set<Ipv4Address> VipsOf(const Snapshot& snapshot) {
  std::set<Ipv4Address> vips;
  for (const auto& [address, service] : snapshot.services) {
    vips.insert(address.vip);
  }
  return vips;
}

}  // namespace

// There is room: the map has an entry for each service that can be.
void VipWriter::Add(const Snapshot& snapshot) {
  for (const Ipv4Address vip : VipsOf(snapshot)) {
    if (!vips_.insert(vip).second) continue;
    const uint32_t key = vip.ToNetwork();
    const uint32_t one = 1;
    PCHECK(bpf_map_update_elem(maps_.vips_fd(), &key, &one, BPF_ANY) == 0)
        << "adding " << vip.ToString() << " to the map vips";
  }
}

void VipWriter::RemoveUnused(const Snapshot& snapshot) {
  const std::set<Ipv4Address> used = VipsOf(snapshot);
  for (auto it = vips_.begin(); it != vips_.end();) {
    const Ipv4Address vip = *it;
    if (used.count(vip) > 0) {
      ++it;
      continue;
    }
    const uint32_t key = vip.ToNetwork();
    PCHECK(bpf_map_delete_elem(maps_.vips_fd(), &key) == 0)
        << "taking " << vip.ToString() << " out of the map vips";
    it = vips_.erase(it);
  }
}

}  // namespace l275
