#include "lb/agent/publish/device_writer.h"

#include <bpf/bpf.h>
#include <glog/logging.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace l275 {
namespace {

void WriteIngressEntry(int fd, uint32_t ifindex, const l275_ingress& entry) {
  const uint32_t index = ifindex % L275_INGRESS_ENTRIES;
  if (bpf_map_update_elem(fd, &index, &entry, BPF_ANY) != 0) {
    PLOG(ERROR) << "cannot write the ingress entry of interface " << ifindex;
  }
}

void WriteVirtualRoutersEntry(int fd, uint32_t ifindex,
                              const VirtualRouters& routers) {
  l275_virtual_routers entry = {};
  for (uint8_t vrid : routers.member) {
    entry.member[vrid / 64] |= uint64_t{1} << vrid % 64;
  }
  for (uint8_t vrid : routers.active) {
    entry.active[vrid / 64] |= uint64_t{1} << vrid % 64;
  }
  const uint32_t index = ifindex % L275_INGRESS_ENTRIES;
  if (bpf_map_update_elem(fd, &index, &entry, BPF_ANY) != 0) {
    PLOG(ERROR) << "cannot write the virtual routers of interface " << ifindex;
  }
}

l275_ingress IngressEntry(uint32_t ifindex, const MacAddress& mac,
                          const Snapshot& snapshot) {
  l275_ingress entry = {};
  entry.ifindex = ifindex;
  std::copy(mac.begin(), mac.end(), entry.mac);
  const auto slow_path = snapshot.slow_path.find(ifindex);
  if (slow_path != snapshot.slow_path.end()) {
    entry.queues = slow_path->second.count;
    entry.first_queue = slow_path->second.first;
  }
  return entry;
}

std::set<uint32_t> EgressOf(const Snapshot& snapshot) {
  std::set<uint32_t> interfaces;
  for (const auto& [address, next_hop] : snapshot.next_hops) {
    interfaces.insert(next_hop.ifindex);
  }
  // What bpf_fib_lookup() finds may be behind any of these too.
  for (const auto& [ifindex, mac] : snapshot.ingress) {
    interfaces.insert(ifindex);
  }
  return interfaces;
}

}  // namespace

void DeviceWriter::WriteIngress(const Snapshot& snapshot) {
  if (snapshot.ingress == ingress_ && snapshot.slow_path == slow_path_) return;
  for (const auto& [ifindex, mac] : ingress_) {
    if (snapshot.ingress.count(ifindex) == 0) {
      WriteIngressEntry(maps_.ingress_fd(), ifindex, {});
    }
  }
  for (const auto& [ifindex, mac] : snapshot.ingress) {
    WriteIngressEntry(maps_.ingress_fd(), ifindex,
                      IngressEntry(ifindex, mac, snapshot));
  }
  ingress_ = snapshot.ingress;
  slow_path_ = snapshot.slow_path;
}

void DeviceWriter::SetVirtualRouters(
    std::map<uint32_t, VirtualRouters> routers) {
  const int fd = maps_.virtual_routers_fd();
  for (const auto& [ifindex, of_interface] : virtual_routers_) {
    if (routers.count(ifindex) == 0) WriteVirtualRoutersEntry(fd, ifindex, {});
  }
  for (const auto& [ifindex, of_interface] : routers) {
    const auto written = virtual_routers_.find(ifindex);
    if (written != virtual_routers_.end() && written->second == of_interface) {
      continue;
    }
    WriteVirtualRoutersEntry(fd, ifindex, of_interface);
  }
  virtual_routers_ = std::move(routers);
}

void DeviceWriter::Adopt() {
  for (uint32_t index = 0; index < L275_INGRESS_ENTRIES; ++index) {
    l275_ingress entry;
    if (bpf_map_lookup_elem(maps_.ingress_fd(), &index, &entry) != 0) continue;
    // Without its address, so that it is written again.
    if (entry.ifindex != 0) ingress_[entry.ifindex] = {};
  }
  uint32_t ifindex = 0;
  const uint32_t* previous = nullptr;
  while (bpf_map_get_next_key(maps_.egress_fd(), previous, &ifindex) == 0) {
    egress_.insert(ifindex);
    previous = &ifindex;
  }
}

void DeviceWriter::AddEgress(const Snapshot& snapshot) {
  // Also those that were added before: the kernel may have taken one out with
  // its device, and another device may have the index now.
  for (uint32_t ifindex : EgressOf(snapshot)) {
    if (bpf_map_update_elem(maps_.egress_fd(), &ifindex, &ifindex, BPF_ANY) !=
        0) {
      PLOG(WARNING) << "cannot redirect to interface " << ifindex;
      continue;
    }
    egress_.insert(ifindex);
  }
}

void DeviceWriter::RemoveUnusedEgress(const Snapshot& snapshot) {
  const std::set<uint32_t> used = EgressOf(snapshot);
  for (auto it = egress_.begin(); it != egress_.end();) {
    const uint32_t ifindex = *it;
    if (used.count(ifindex) > 0) {
      ++it;
      continue;
    }
    if (bpf_map_delete_elem(maps_.egress_fd(), &ifindex) != 0 &&
        errno != ENOENT) {
      PLOG(WARNING) << "cannot remove interface " << ifindex << " from egress";
    }
    it = egress_.erase(it);
  }
}

}  // namespace l275
