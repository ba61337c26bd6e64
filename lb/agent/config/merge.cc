#include "lb/agent/config/merge.h"

#include <map>
#include <set>

namespace l275 {
namespace {

// The value of a key; null when it is not there.
template <typename Key, typename Value>
const Value* Find(const std::map<Key, Value>& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

template <typename Value>
bool Equal(const Value* a, const Value* b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}

// A service's own part.
std::map<ServiceAddress, uint32_t> TableSizes(const DesiredState& state) {
  std::map<ServiceAddress, uint32_t> sizes;
  for (const auto& [address, service] : state) {
    sizes[address] = service.table_size;
  }
  return sizes;
}

template <typename Key, typename Value>
std::map<Key, Value> Merge(const std::map<Key, Value>& base,
                           const std::map<Key, Value>& changed,
                           const std::map<Key, Value>& declared) {
  std::set<Key> keys;
  for (const auto* map : {&changed, &declared}) {
    for (const auto& [key, unused] : *map) keys.insert(key);
  }
  std::map<Key, Value> merged;
  for (const Key& key : keys) {
    const Value* const now = Find(declared, key);
    const Value* const winner =
        Equal(Find(base, key), now) ? Find(changed, key) : now;
    if (winner != nullptr) merged.emplace(key, *winner);
  }
  return merged;
}

const std::map<Ipv4Address, DesiredBackend>& BackendsOf(
    const DesiredState& state, const ServiceAddress& address) {
  static const auto* const kNone = new std::map<Ipv4Address, DesiredBackend>();
  const DesiredService* const service = Find(state, address);
  return service == nullptr ? *kNone : service->backends;
}

}  // namespace

DesiredState MergeDesired(const DesiredState& base, const DesiredState& changed,
                          const DesiredState& declared) {
  DesiredState merged;
  for (const auto& [address, table_size] :
       Merge(TableSizes(base), TableSizes(changed), TableSizes(declared))) {
    // One that was removed at run time and comes back comes as declared.
    const bool is_back = changed.count(address) == 0;
    merged[address] = {table_size, is_back
                                       ? BackendsOf(declared, address)
                                       : Merge(BackendsOf(base, address),
                                               BackendsOf(changed, address),
                                               BackendsOf(declared, address))};
  }
  return merged;
}

}  // namespace l275
