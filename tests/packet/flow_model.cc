#include "tests/packet/flow_model.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <utility>

#include "common/abi/flow_hash.h"
#include "lb/agent/table/maglev.h"

namespace l275 {
namespace {

constexpr uint32_t kSlotsPerTime = 16;  // share a time of their last change
constexpr uint64_t kStoreTicks = 1;     // that a change may take
constexpr uint64_t kDeleteTicks = 56;   // 60 s
constexpr uint64_t kSynTicks = 56;  // 60 s: a SYN follows to one that drains
constexpr uint64_t kHandshakeTicks = 60;      // 64 s
constexpr uint64_t kShortHandshakeTicks = 4;  // 4 s

}  // namespace

const char* Description(FlowRule rule) {
  static constexpr const char* kDescriptions[] = {
#define X(name, description) description,
      L275_FLOW_RULES(X)
#undef X
  };
  return kDescriptions[static_cast<int>(rule)];
}

FlowModel::FlowModel(const Settings& settings)
    : settings_(settings),
      slots_(settings.slots),
      changed_(settings.slots / kSlotsPerTime + 1) {}

void FlowModel::Write(const ServiceAddress& address,
                      const SnapshotService& source, uint64_t hash_key,
                      uint32_t first_slot) {
  const bool is_new = services_.count(address) == 0;
  Service& service = services_[address];
  if (!is_new && service.source == source) return;
  const bool new_table = service.source.table_size != source.table_size;
  if (new_table && !is_new) {
    Forget(service);
    Count(FlowRule::kNewTable);
  }
  WriteLives(service, source, new_table);
  service.source = source;
  service.hash_key = hash_key;
  service.first_slot = first_slot;
  const std::vector<LifePtr> owners = OwnersOf(service);
  for (uint32_t i = 0; i < owners.size(); ++i) {
    if (new_table) {
      slots_[first_slot + i] = {owners[i], nullptr, false, false};
    } else {
      Change(first_slot + i, owners[i]);
    }
    if (!service.used) Untrack(first_slot + i);
  }
}

// There are no flows to keep.
void FlowModel::Untrack(uint32_t slot) {
  if (!std::exchange(slots_[slot].tracked, false)) return;
  Count(FlowRule::kUnused);
}

// With `renew`, nothing that is known of flows holds any more.
void FlowModel::WriteLives(Service& service, const SnapshotService& source,
                           bool renew) {
  for (auto it = service.lives.begin(); it != service.lives.end();) {
    const auto backend = source.backends.find(it->first);
    const bool lives =
        backend != source.backends.end() && backend->second.alive && !renew;
    it->second->alive = lives;
    it = lives ? std::next(it) : service.lives.erase(it);
  }
  for (const auto& [address, backend] : source.backends) {
    if (!backend.alive) continue;
    LifePtr& life = service.lives[address];
    if (life == nullptr)
      life = std::make_shared<Life>(Life{address, true, false});
    life->draining = backend.weight == 0;
  }
}

std::vector<FlowModel::LifePtr> FlowModel::OwnersOf(const Service& service) {
  std::vector<MaglevBackend> backends;
  for (const auto& [address, backend] : service.source.backends) {
    if (backend.weight > 0) backends.push_back({address, backend.weight});
  }
  std::vector<LifePtr> owners;
  for (uint32_t index : BuildMaglevTable(backends, service.source.table_size)) {
    owners.push_back(service.lives.at(backends[index].address));
  }
  owners.resize(service.source.table_size);
  return owners;
}

void FlowModel::Remove(const ServiceAddress& address) {
  Service& service = services_.at(address);
  for (auto& [backend, life] : service.lives) life->alive = false;
  Forget(service);
  services_.erase(address);
}

void FlowModel::Forget(const Service& service) {
  for (uint32_t i = 0; i < service.source.table_size; ++i) {
    slots_[service.first_slot + i].tracked = false;
  }
}

void FlowModel::Change(uint32_t index, const LifePtr& owner) {
  Slot& slot = slots_[index];
  if (slot.tracked) {
    if (slot.owner != owner || !IsAlive(slot.prior)) Touch(index);
    return ChangeTracked(slot, owner);
  }
  if (slot.owner == owner) return;
  if (IsAlive(slot.owner)) {
    Count(FlowRule::kTracked);
    slot = {owner, slot.owner, true, false};
    Touch(index);
  } else {
    if (slot.owner) Count(FlowRule::kOwnerDied);
    slot = {owner, nullptr, false, false};
  }
}

void FlowModel::ChangeTracked(Slot& slot, const LifePtr& owner) {
  if (!IsAlive(slot.prior)) {
    if (slot.prior) Count(FlowRule::kPriorDied);
    slot.prior = IsAlive(slot.owner) ? slot.owner : owner;
    slot.unrecorded = false;
  } else if (slot.owner != owner) {
    Count(FlowRule::kPriorKept);
  }
  slot.owner = owner;
}

FlowModel::Service* FlowModel::Find(const FlowKey& key) {
  for (const uint16_t port : {key.port, uint16_t{0}}) {
    const auto service = services_.find({IPPROTO_TCP, key.vip, port});
    if (service != services_.end()) return &service->second;
  }
  return nullptr;
}

bool FlowModel::Serves(const FlowKey& key) const {
  return const_cast<FlowModel*>(this)->Find(key) != nullptr;
}

std::optional<Ipv4Address> FlowModel::Decide(const FlowKey& key, bool syn) {
  Service& service = *Find(key);
  const uint64_t hash = l275_flow_hash(service.hash_key, key.source.ToNetwork(),
                                       htons(key.source_port), htons(key.port));
  const uint32_t index =
      service.first_slot + l275_slot_of_hash(hash, service.source.table_size);
  const Slot& slot = slots_[index];
  if (!slot.tracked) Count(FlowRule::kUntracked);
  const LifePtr backend =
      slot.tracked ? DecideTracked(key, syn, index) : slot.owner;
  if (backend == nullptr) return std::nullopt;
  service.used = true;
  return backend->address;
}

FlowModel::LifePtr FlowModel::DecideTracked(const FlowKey& key, bool syn,
                                            uint32_t index) {
  const auto entry = entries_.find(key);
  if (entry == entries_.end() || !Follows(entry->second, syn, index)) {
    return DecideWithoutEntry(key, syn, index);
  }
  Count(FlowRule::kEntry);
  Refresh(entry->second, syn);
  return entry->second.backend;
}

// A SYN does not show that there is a connection.
void FlowModel::Refresh(Entry& entry, bool syn) {
  if (syn && entry.backend->draining) return Count(FlowRule::kSynKept);
  entry.last_seen = now_;
  if (syn || entry.seen == Seen::kMore) return;
  entry.seen = Seen::kMore;
  Count(FlowRule::kSecondPacket);
}

bool FlowModel::Follows(const Entry& entry, bool syn, uint32_t slot) {
  if (entry.slot != slot) {
    Count(FlowRule::kEntryOtherSlot);
  } else if (now_ - entry.last_seen > settings_.idle_ticks) {
    Count(FlowRule::kEntryIdle);
  } else if (!entry.backend->alive) {
    Count(FlowRule::kEntryDead);
  } else if (syn && entry.backend->draining &&
             now_ - entry.last_seen > kSynTicks) {
    Count(FlowRule::kEntrySynDraining);
  } else {
    return true;
  }
  return false;
}

FlowModel::LifePtr FlowModel::DecideWithoutEntry(const FlowKey& key, bool syn,
                                                 uint32_t index) {
  Slot& slot = slots_[index];
  const LifePtr by_default = FallbackOf(index);
  const LifePtr choice = syn ? slot.owner : by_default;
  if (choice == nullptr) {
    Count(syn ? FlowRule::kSynDropped : FlowRule::kDataDropped);
    return nullptr;
  }
  if (slot.owner == nullptr) Count(FlowRule::kDataWithoutOwner);
  if (Record(key, syn, choice, index)) {
    if (choice != by_default) Count(FlowRule::kSynToOwner);
    if (choice != slot.owner) Count(FlowRule::kDataToPrior);
    return choice;
  }
  slot.unrecorded = true;
  Count(syn ? FlowRule::kSynUnrecorded : FlowRule::kDataUnrecorded);
  if (syn && by_default->draining) Count(FlowRule::kSynUnrecordedDraining);
  return by_default;
}

FlowModel::LifePtr FlowModel::FallbackOf(uint32_t slot) const {
  return IsAlive(slots_[slot].prior) ? slots_[slot].prior : slots_[slot].owner;
}

bool FlowModel::Record(const FlowKey& key, bool syn, const LifePtr& backend,
                       uint32_t slot) {
  const Entry entry = {backend, now_, slot,
                       syn ? Seen::kOnlySyns : Seen::kOneOther};
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    Count(FlowRule::kReplaced);
    found->second = entry;
    return true;
  }
  if (inserted_ >= settings_.inserts_per_tick) {
    Count(FlowRule::kLimited);
    return false;
  }
  ++inserted_;  // the attempt counts
  if (entries_.size() >= settings_.table_entries) {
    Count(FlowRule::kFull);
    return false;
  }
  entries_[key] = entry;
  return true;
}

// An entry of an untracked slot is of no use.
bool FlowModel::IsOver(const Entry& entry) const {
  return !slots_[entry.slot].tracked ||
         now_ - entry.last_seen > settings_.idle_ticks + kDeleteTicks;
}

bool FlowModel::IsLive(const Entry& entry) const {
  return entry.backend->alive && now_ - entry.last_seen <= settings_.idle_ticks;
}

// To entries of flows that sent more than one packet.
bool FlowModel::GivesWay(const Entry& entry, bool runs_full) {
  const uint64_t age = now_ - entry.last_seen;
  if (entry.seen == Seen::kOnlySyns && age > kHandshakeTicks) {
    Count(FlowRule::kSynOver);
    return true;
  }
  if (!runs_full) return false;
  if (!IsLive(entry)) {
    Count(FlowRule::kVoidGivesWay);
    return true;
  }
  if (entry.seen == Seen::kMore || age <= kShortHandshakeTicks) return false;
  if (entry.seen == Seen::kOnlySyns) {
    Count(FlowRule::kSynGivesWay);
    return true;
  }
  if (entry.backend != FallbackOf(entry.slot)) {
    Count(FlowRule::kOtherStays);
    return false;
  }
  Count(FlowRule::kOtherGivesWay);
  // It may send again for as long as it may be silent.
  Slot& slot = slots_[entry.slot];
  if (entry.backend != slot.owner) slot.unrecorded = true;
  return true;
}

std::set<uint32_t> FlowModel::Sweep() {
  const bool runs_full =
      swept_entries_ > settings_.table_entries - settings_.table_entries / 4;
  std::set<uint32_t> away;
  for (auto it = entries_.begin(); it != entries_.end();) {
    const Entry& entry = it->second;
    if (IsOver(entry) || GivesWay(entry, runs_full)) {
      it = entries_.erase(it);
      continue;
    }
    if (IsLive(entry) && slots_[entry.slot].owner != entry.backend) {
      away.insert(entry.slot);
    }
    ++it;
  }
  swept_entries_ = entries_.size();
  return away;
}

void FlowModel::Settle(const std::set<uint32_t>& kept_away) {
  for (const auto& [address, service] : services_) {
    for (uint32_t i = 0; i < service.source.table_size; ++i) {
      const uint32_t slot = service.first_slot + i;
      if (slots_[slot].tracked) SettleSlot(slot, kept_away.count(slot) > 0);
    }
  }
}

void FlowModel::SettleSlot(uint32_t index, bool away) {
  Slot& slot = slots_[index];
  if (std::exchange(slot.unrecorded, false)) {
    Count(FlowRule::kUnsettledUnrecorded);
    return Touch(index);
  }
  if (now_ - changed_[index / kSlotsPerTime] <=
      settings_.idle_ticks + kStoreTicks) {
    return Count(FlowRule::kUnsettledRecent);
  }
  if (slot.prior != slot.owner) {
    Count(FlowRule::kPriorClosed);
    slot.prior = slot.owner;
  } else if (away) {
    Count(FlowRule::kUnsettledAway);
  } else {
    Count(FlowRule::kSettled);
    slot.tracked = false;
  }
}

void FlowModel::Touch(uint32_t slot) { changed_[slot / kSlotsPerTime] = now_; }

void FlowModel::RestartAgent() {
  for (uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot].tracked) Touch(slot);
  }
}

void FlowModel::Advance(uint64_t ticks) {
  now_ += ticks;
  RefillBudget();
}

uint32_t FlowModel::tracked() const {
  uint32_t count = 0;
  for (const Slot& slot : slots_) count += slot.tracked;
  return count;
}

}  // namespace l275
