#ifndef L275_TESTS_PACKET_FLOW_MODEL_H_
#define L275_TESTS_PACKET_FLOW_MODEL_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "common/net/ipv4_address.h"
#include "common/net/service_address.h"
#include "lb/agent/publish/snapshot.h"

namespace l275 {

// A TCP flow as its packets name it. Ports in host byte order.
struct FlowKey {
  Ipv4Address source;
  uint16_t source_port = 0;
  Ipv4Address vip;
  uint16_t port = 0;

  friend bool operator<(const FlowKey& a, const FlowKey& b) {
    return std::tie(a.source, a.source_port, a.vip, a.port) <
           std::tie(b.source, b.source_port, b.vip, b.port);
  }
};

// The rules of tracked slots; a test is to see each of them at work.
#define L275_FLOW_RULES(X)                                             \
  X(kUntracked, "untracked slot: its owner")                           \
  X(kEntry, "entry followed")                                          \
  X(kEntryDead, "entry void: its backend died")                        \
  X(kEntryIdle, "entry void: idle")                                    \
  X(kEntryOtherSlot, "entry void: of another service")                 \
  X(kEntrySynDraining, "entry void: SYN, and its backend drains")      \
  X(kSynKept, "SYN follows a recent entry to a draining backend")      \
  X(kSecondPacket, "second packet of a flow")                          \
  X(kSynToOwner, "SYN recorded at the owner, not the prior")           \
  X(kDataToPrior, "other packet recorded at the prior, not the owner") \
  X(kReplaced, "void entry replaced")                                  \
  X(kLimited, "not recorded: budget spent")                            \
  X(kFull, "not recorded: table full")                                 \
  X(kSynUnrecorded, "unrecorded SYN follows the prior")                \
  X(kSynUnrecordedDraining, "unrecorded SYN follows a draining prior") \
  X(kDataUnrecorded, "other packet, unrecorded")                       \
  X(kSynDropped, "SYN dropped: no owner")                              \
  X(kDataWithoutOwner, "other packet to the prior: no owner")          \
  X(kDataDropped, "other packet dropped: no owner, no prior")          \
  X(kSynOver, "swept: only SYNs, for a minute")                        \
  X(kSynGivesWay, "swept from a full table: only SYNs")                \
  X(kOtherGivesWay, "swept from a full table: as the prior says")      \
  X(kOtherStays, "stays in a full table: the prior says otherwise")    \
  X(kVoidGivesWay, "swept from a full table: void")                    \
  X(kTracked, "change: slot becomes tracked")                          \
  X(kOwnerDied, "change: untracked slot's owner died")                 \
  X(kPriorKept, "change: tracked slot keeps its prior")                \
  X(kPriorDied, "change: the owner becomes the prior")                 \
  X(kNewTable, "change: table of another size")                        \
  X(kUnsettledUnrecorded, "not settled: a flow was not recorded")      \
  X(kUnsettledRecent, "not settled: changed recently")                 \
  X(kUnsettledAway, "not settled: a flow is kept away")                \
  X(kPriorClosed, "settling: the owner becomes the prior")             \
  X(kSettled, "settled: untracked")                                    \
  X(kUnused, "change: untracked at once, never used")

enum class FlowRule {
#define X(name, description) name,
  L275_FLOW_RULES(X)
#undef X
      kCount,
};

const char* Description(FlowRule rule);

// Where every packet goes, and why: the specification of tracked slots, in
// plain maps. A backend is here the time from when it came up to when it died
// (Life): what comes back is another one. Nothing of the program's or the
// agent's code is in use, but for the hash of flows and Maglev, which have
// tests of their own.
class FlowModel {
 public:
  struct Settings {
    uint32_t slots = 0;  // of all tables
    uint64_t idle_ticks = 0;
    size_t table_entries = 0;
    uint32_t inserts_per_tick = 0;
  };
  using RuleCounts = std::array<uint64_t, static_cast<int>(FlowRule::kCount)>;

  explicit FlowModel(const Settings& settings);

  // A new service, or a change of it; `first_slot` is where its table is now.
  void Write(const ServiceAddress& address, const SnapshotService& source,
             uint64_t hash_key, uint32_t first_slot);
  void Remove(const ServiceAddress& address);

  // The backend of a packet, none when it is to be dropped. Its destination is
  // a service.
  std::optional<Ipv4Address> Decide(const FlowKey& key, bool syn);

  // A pass of the agent over the flow table. Returns slots whose flows are kept
  // away from their owner.
  std::set<uint32_t> Sweep();
  // And one over the slots, with what it found.
  void Settle(const std::set<uint32_t>& kept_away);

  // Another agent does not know when slots changed: now, for all it can tell.
  void RestartAgent();

  void Advance(uint64_t ticks);
  // The budget of insertions is whole again.
  void RefillBudget() { inserted_ = 0; }

  bool Has(const ServiceAddress& address) const {
    return services_.count(address) > 0;
  }
  bool Serves(const FlowKey& key) const;
  uint64_t now() const { return now_; }
  uint32_t tracked() const;
  size_t entries() const { return entries_.size(); }
  const RuleCounts& rules() const { return rules_; }

 private:
  struct Life {
    Ipv4Address address;
    bool alive = true;
    bool draining = false;
  };
  using LifePtr = std::shared_ptr<Life>;
  struct Slot {
    LifePtr owner;
    LifePtr prior;
    bool tracked = false;
    bool unrecorded = false;
  };
  enum class Seen { kOnlySyns, kOneOther, kMore };
  struct Entry {
    LifePtr backend;
    uint64_t last_seen = 0;
    uint32_t slot = 0;
    Seen seen = Seen::kMore;
  };
  struct Service {
    SnapshotService source;
    uint64_t hash_key = 0;
    uint32_t first_slot = 0;
    std::map<Ipv4Address, LifePtr> lives;  // of those that are alive
    bool used = false;
  };

  static bool IsAlive(const LifePtr& life) { return life && life->alive; }
  void Count(FlowRule rule) { ++rules_[static_cast<int>(rule)]; }
  Service* Find(const FlowKey& key);
  void WriteLives(Service& service, const SnapshotService& source, bool renew);
  static std::vector<LifePtr> OwnersOf(const Service& service);
  void Forget(const Service& service);
  void Change(uint32_t slot, const LifePtr& owner);
  void Untrack(uint32_t slot);
  void ChangeTracked(Slot& slot, const LifePtr& owner);
  LifePtr DecideTracked(const FlowKey& key, bool syn, uint32_t index);
  bool Follows(const Entry& entry, bool syn, uint32_t slot);
  void Refresh(Entry& entry, bool syn);
  LifePtr DecideWithoutEntry(const FlowKey& key, bool syn, uint32_t index);
  bool Record(const FlowKey& key, bool syn, const LifePtr& backend,
              uint32_t slot);
  LifePtr FallbackOf(uint32_t slot) const;
  bool IsLive(const Entry& entry) const;
  bool IsOver(const Entry& entry) const;
  bool GivesWay(const Entry& entry, bool runs_full);
  void SettleSlot(uint32_t slot, bool away);
  void Touch(uint32_t slot);

  const Settings settings_;
  uint64_t now_ = 1000000;  // ticks
  uint32_t inserted_ = 0;
  size_t swept_entries_ = 0;  // that the last sweep left
  std::vector<Slot> slots_;
  std::vector<uint64_t> changed_;  // by 16 slots
  std::map<ServiceAddress, Service> services_;
  std::map<FlowKey, Entry> entries_;
  RuleCounts rules_{};
};

}  // namespace l275

#endif  // L275_TESTS_PACKET_FLOW_MODEL_H_
