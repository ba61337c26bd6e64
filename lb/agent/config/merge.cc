#include "lb/agent/config/merge.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "lb/agent/config/change.h"

namespace l275 {
namespace {

using Backends = std::map<Ipv4Address, DesiredBackend>;

// The value of a key; null when it is not there.
template <typename Key, typename Value>
const Value* Find(const std::map<Key, Value>& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

template <typename Map>
std::set<typename Map::key_type> KeysOf(const Map& a, const Map& b,
                                        const Map& c) {
  std::set<typename Map::key_type> keys;
  for (const Map* map : {&a, &b, &c}) {
    for (const auto& [key, unused] : *map) keys.insert(key);
  }
  return keys;
}

// Whether the file's change replaces another one that was made at run time.
template <typename Value>
bool IsReplaced(const Value& base, const Value& changed,
                const Value& declared) {
  return base != declared && base != changed && changed != declared;
}

template <typename Value>
const Value& Newer(const Value& base, const Value& changed,
                   const Value& declared) {
  return base == declared ? changed : declared;
}

// Disabled or draining, and until when: one thing, since one command of lbctl
// sets all of it.
struct Duty {
  explicit Duty(const DesiredBackend& backend)
      : disabled(backend.disabled),
        draining(backend.draining),
        drain_until(backend.drain_until) {}

  void SetIn(DesiredBackend& backend) const {
    backend.disabled = disabled;
    backend.draining = draining;
    backend.drain_until = drain_until;
  }

  friend bool operator==(const Duty& a, const Duty& b) {
    return a.disabled == b.disabled && a.draining == b.draining &&
           a.drain_until == b.drain_until;
  }
  friend bool operator!=(const Duty& a, const Duty& b) { return !(a == b); }

  bool disabled;
  bool draining;
  uint64_t drain_until;
};

// Run-time changes that gave way: what was there before them, and after.
struct Replaced {
  DesiredState before;
  DesiredState after;
};

// Merges one service's backends.
class BackendMerger {
 public:
  BackendMerger(const ServiceAddress& service, Replaced* replaced)
      : service_(service), replaced_(*replaced) {}

  std::optional<DesiredBackend> Merge(Ipv4Address address,
                                      const DesiredBackend* base,
                                      const DesiredBackend* changed,
                                      const DesiredBackend* declared) {
    if (declared == nullptr) {
      if (base == nullptr && changed != nullptr) return *changed;
      if (changed != nullptr && *changed != *base) {
        Note(address, *base, changed);
      }
      return std::nullopt;
    }
    if (changed == nullptr) return MergeRemoved(address, base, *declared);
    // One that lbctl added and the file has now is as if the file had had it,
    // by default, before: a disabled one stays so.
    return MergeParts(address, base == nullptr ? DesiredBackend{} : *base,
                      *changed, *declared);
  }

 private:
  std::optional<DesiredBackend> MergeRemoved(Ipv4Address address,
                                             const DesiredBackend* base,
                                             const DesiredBackend& declared) {
    if (base == nullptr) return declared;
    if (*base == declared) return std::nullopt;
    Note(address, *base, nullptr);
    return declared;
  }

  DesiredBackend MergeParts(Ipv4Address address, const DesiredBackend& base,
                            const DesiredBackend& changed,
                            const DesiredBackend& declared) {
    DesiredBackend lost = base;
    DesiredBackend merged;
    merged.weight = Newer(base.weight, changed.weight, declared.weight);
    Newer(Duty(base), Duty(changed), Duty(declared)).SetIn(merged);
    if (IsReplaced(base.weight, changed.weight, declared.weight)) {
      lost.weight = changed.weight;
    }
    if (IsReplaced(Duty(base), Duty(changed), Duty(declared))) {
      Duty(changed).SetIn(lost);
    }
    if (lost != base) Note(address, base, &lost);
    return merged;
  }

  // `after` is null when the backend was removed.
  void Note(Ipv4Address address, const DesiredBackend& before,
            const DesiredBackend* after) {
    replaced_.before[service_].backends[address] = before;
    DesiredService& service = replaced_.after[service_];
    if (after != nullptr) service.backends[address] = *after;
  }

  const ServiceAddress service_;
  Replaced& replaced_;
};

const Backends& BackendsOf(const DesiredService* service) {
  static const auto* const kNone = new Backends();
  return service == nullptr ? *kNone : service->backends;
}

Backends MergeBackends(const ServiceAddress& address,
                       const DesiredService* base_service,
                       const DesiredService* changed_service,
                       const DesiredService* declared_service,
                       Replaced* replaced) {
  const Backends& base = BackendsOf(base_service);
  const Backends& changed = BackendsOf(changed_service);
  const Backends& declared = BackendsOf(declared_service);
  BackendMerger merger(address, replaced);
  Backends merged;
  for (const Ipv4Address backend : KeysOf(base, changed, declared)) {
    const std::optional<DesiredBackend> result =
        merger.Merge(backend, Find(base, backend), Find(changed, backend),
                     Find(declared, backend));
    if (result.has_value()) merged[backend] = *result;
  }
  return merged;
}

// None when the service is not to be there.
std::optional<DesiredService> MergeService(const ServiceAddress& address,
                                           const DesiredService* base,
                                           const DesiredService* changed,
                                           const DesiredService* declared,
                                           Replaced* replaced) {
  if (declared == nullptr) {
    if (base == nullptr) return *changed;
    if (changed != nullptr && *changed != *base) {
      replaced->before[address] = *base;
      replaced->after[address] = *changed;
    }
    return std::nullopt;
  }
  if (changed == nullptr) {
    if (base != nullptr && base->table_size == declared->table_size) {
      return std::nullopt;
    }
    // One that was removed at run time and comes back comes as declared.
    if (base != nullptr) replaced->before[address] = *base;
    return *declared;
  }
  const uint32_t size_before = base == nullptr ? 0 : base->table_size;
  if (IsReplaced(size_before, changed->table_size, declared->table_size)) {
    replaced->before[address].table_size = size_before;
    replaced->after[address].table_size = changed->table_size;
  }
  DesiredService merged;
  merged.table_size =
      Newer(size_before, changed->table_size, declared->table_size);
  merged.backends = MergeBackends(address, base, changed, declared, replaced);
  return merged;
}

}  // namespace

MergedState MergeDesired(const DesiredState& base, const DesiredState& changed,
                         const DesiredState& declared) {
  MergedState merged;
  Replaced replaced;
  for (const ServiceAddress& address : KeysOf(base, changed, declared)) {
    const std::optional<DesiredService> service =
        MergeService(address, Find(base, address), Find(changed, address),
                     Find(declared, address), &replaced);
    if (service.has_value()) merged.state[address] = *service;
  }
  merged.replaced = DescribeChanges(replaced.before, replaced.after);
  return merged;
}

}  // namespace l275
