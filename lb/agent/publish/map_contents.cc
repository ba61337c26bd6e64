#include "lb/agent/publish/map_contents.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <glog/logging.h>

#include <cerrno>
#include <cstring>
#include <tuple>
#include <vector>

#include "lb/agent/publish/service_writer.h"

namespace l275 {
namespace {

// Of keys of `key_size` bytes, and values of `value_size` bytes as the system
// call has them.
MapContents::Entries ReadEntries(int fd, size_t key_size, size_t value_size) {
  MapContents::Entries entries;
  std::string key(key_size, '\0');
  const char* previous = nullptr;
  while (bpf_map_get_next_key(fd, previous, key.data()) == 0) {
    std::string value(value_size, '\0');
    PCHECK(bpf_map_lookup_elem(fd, key.data(), value.data()) == 0);
    previous = entries.emplace(key, value).first->first.data();
  }
  PCHECK(errno == ENOENT);
  return entries;
}

MapContents::Entries ReadCounterEntries(int fd) {
  const int cpus = libbpf_num_possible_cpus();
  CHECK_GT(cpus, 0);
  return ReadEntries(fd, sizeof(uint32_t),
                     sizeof(l275_counter) * static_cast<size_t>(cpus));
}

template <typename T>
std::string BytesOf(const T* elements, size_t count) {
  return std::string(reinterpret_cast<const char*>(elements),
                     sizeof(T) * count);
}

template <typename T>
T As(const std::string& bytes) {
  T value;
  CHECK_EQ(bytes.size(), sizeof(value));
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

MapContents::Entries ReadIngress(const Maps& maps) {
  return ReadEntries(maps.ingress_fd(), sizeof(uint32_t), sizeof(l275_ingress));
}

MapContents::Entries ReadEgress(const Maps& maps) {
  return ReadEntries(maps.egress_fd(), sizeof(uint32_t), sizeof(uint32_t));
}

MapContents::Entries ReadServices(const Maps& maps) {
  MapContents::Entries entries;
  for (uint32_t i = 0; i < maps.service_buckets().size(); ++i) {
    const l275_service_bucket& bucket = maps.service_buckets()[i];
    for (uint32_t j = 0; j < L275_BUCKET_ENTRIES; ++j) {
      if (bucket.key[j] == 0) continue;
      CHECK(entries
                .emplace(BytesOf(&bucket.key[j], 1),
                         BytesOf(&maps.services()[bucket.record[j]], 1))
                .second)
          << "a key in two places";
    }
  }
  return entries;
}

}  // namespace

MapContents::MapContents(const Maps& maps)
    : services(ReadServices(maps)),
      ingress(ReadIngress(maps)),
      egress(ReadEgress(maps)),
      service_counters(ReadCounterEntries(maps.service_counters_fd())),
      backend_counters(ReadCounterEntries(maps.backend_counters_fd())),
      slots(BytesOf(maps.slots(), maps.sizes().slots)),
      backends(BytesOf(maps.backends().data(), maps.backends().size())),
      next_hops(BytesOf(maps.next_hops().data(), maps.next_hops().size())) {}

bool operator==(const MapContents& a, const MapContents& b) {
  const auto tie = [](const MapContents& c) {
    return std::tie(c.services, c.ingress, c.egress, c.service_counters,
                    c.backend_counters, c.slots, c.backends, c.next_hops);
  };
  return tie(a) == tie(b);
}

l275_service ServiceEntry(const Maps& maps, const ServiceAddress& address) {
  const uint64_t key = ServiceKeyWord(address);
  const MapContents::Entries entries = ReadServices(maps);
  const auto found = entries.find(BytesOf(&key, 1));
  return found == entries.end() ? l275_service{}
                                : As<l275_service>(found->second);
}

size_t CountServices(const Maps& maps) { return ReadServices(maps).size(); }

std::map<uint32_t, l275_ingress> IngressEntries(const Maps& maps) {
  std::map<uint32_t, l275_ingress> entries;
  for (const auto& [index, bytes] : ReadIngress(maps)) {
    const auto entry = As<l275_ingress>(bytes);
    if (entry.ifindex != 0) entries[As<uint32_t>(index)] = entry;
  }
  return entries;
}

std::set<uint32_t> EgressInterfaces(const Maps& maps) {
  std::set<uint32_t> interfaces;
  for (const auto& [ifindex, bytes] : ReadEgress(maps)) {
    CHECK_EQ(ifindex, bytes) << "an interface at another one's key";
    interfaces.insert(As<uint32_t>(ifindex));
  }
  return interfaces;
}

void MarkUsed(const Maps& maps, const WrittenService& service) {
  const std::vector<l275_counter> counts(
      static_cast<size_t>(libbpf_num_possible_cpus()), l275_counter{1, 64});
  PCHECK(bpf_map_update_elem(maps.service_counters_fd(), &service.id,
                             counts.data(), BPF_ANY) == 0);
}

}  // namespace l275
