#ifndef L275_LB_AGENT_NEXTHOP_NEIGHBOUR_KEEPER_H_
#define L275_LB_AGENT_NEXTHOP_NEIGHBOUR_KEEPER_H_

#include <linux/netlink.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/event/limited_log.h"
#include "common/net/mac_address.h"
#include "common/netlink/netlink_client.h"
#include "lb/agent/nexthop/neighbour.h"

namespace l275 {

// Has the kernel keep the MAC addresses of the wanted neighbours resolved, and
// knows them.
//
// The XDP program sends frames past the kernel, which therefore sees no use of
// a neighbour's entry and would let it go stale. So each wanted entry is made
// managed (NTF_EXT_MANAGED, Linux 5.16): the kernel then resolves it and
// confirms it periodically by itself, `ip neigh` shows it as "managed". Older
// kernels ignore that flag; there the entry is marked as used (NTF_USE)
// whenever it went stale or failed, which makes the kernel confirm it once.
//
// An entry that was deleted (`ip neigh flush all` spares no managed ones) or
// that somebody un-managed is asked for again. One that is permanent, needs no
// ARP or belongs to a control plane is read and never touched: the kernel would
// take "permanent" from it. (Each request is preceded by a look at the entry,
// so an operator would have to hit the microseconds between.) An entry that is
// not wanted any more is un-managed if it was managed by this object; it stays
// in the table until the kernel ages it out. The end of this object leaves all
// as they are: the program goes on forwarding without the agent.
//
// The kernel itself would notice after up to a minute that a neighbour stopped
// answering. So an entry is confirmed every kConfirmInterval: it is put into
// the state "probe", in which the kernel uses it, asks three times, a second
// apart, and lets it fail. While it has failed the kernel is made to ask again
// every kRetryInterval.
//
// A MAC address that cannot be that of one other host (zero, broadcast,
// multicast, one of this host's own) is refused, wherever the kernel has it
// from: the last good address stays in use, and the entry is deleted and asked
// for again.
//
// Notifications only say which entry to read again: they may be older than what
// was read already, an answer never is.
//
// One thread. Errors belong to a neighbour; Find() has them.
class NeighbourKeeper {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Kernel { kManages, kIgnoresManaged };

  // `client` outlives this object. `kernel` is what to expect: that a kernel
  // does not manage is found out, so only tests have to say it.
  explicit NeighbourKeeper(NetlinkClient* client,
                           Kernel kernel = Kernel::kManages)
      : client_(*client), kernel_(kernel) {}
  ~NeighbourKeeper() = default;
  NeighbourKeeper(const NeighbourKeeper&) = delete;
  NeighbourKeeper& operator=(const NeighbourKeeper&) = delete;

  // Asks at once for those that are new, and lets go of those that are missing.
  void SetWanted(const std::set<NeighbourKey>& wanted);

  // Takes an RTM_NEWNEIGH or RTM_DELNEIGH notification. Returns whether there
  // is something to refresh.
  bool Note(nlmsghdr* message);
  // Takes all wanted neighbours as noted.
  void NoteAll();
  // Takes those as noted whose last request failed.
  void NoteFailed();
  bool HasFailed() const;
  // Reads what was noted, and asks for what has to be asked for again.
  void Refresh();

  // To be called several times a second: confirms and asks for what is due.
  void Tick(TimePoint now);

  // The MAC addresses of this host's interfaces.
  void SetOwnMacs(std::set<MacAddress> macs) { own_macs_ = std::move(macs); }

  // Of a wanted neighbour. NotFound: it has not answered, or with a refused
  // address only; the message says which. Another error: a request to the
  // kernel failed.
  absl::StatusOr<MacAddress> Find(const NeighbourKey& key) const;
  // Whether the kernel had been asking for it, without an answer, before it was
  // wanted, and there was none since.
  bool FailedBefore(const NeighbourKey& key) const;
  // How often a MAC address was refused.
  uint64_t refusals() const { return refusals_; }
  // NUD_..., as last read; NUD_NONE when there is no entry.
  uint16_t StateOf(const NeighbourKey& key) const;

  // Has the kernel ask at once for a wanted neighbour that has not answered: by
  // itself it tries again after seconds only. What comes of it is notified. At
  // most once in kProbeInterval for each; how often the kernel asks before it
  // gives up again is its own business (net.ipv4.neigh.*.mcast_solicit).
  static constexpr std::chrono::milliseconds kProbeInterval{100};
  static constexpr std::chrono::milliseconds kConfirmInterval{2000};
  static constexpr std::chrono::milliseconds kRetryInterval{1000};
  void Probe(const NeighbourKey& key, TimePoint now);

 private:
  struct Entry {
    absl::StatusOr<MacAddress> mac = absl::NotFoundError("not asked yet");
    uint16_t state = 0;  // NUD_...
    bool managed_by_us = false;
    bool failed_before = false;
    std::optional<TimePoint> probed;
    std::optional<TimePoint> confirmed;  // the last request to confirm it
    // What the kernel has, when that is refused, and when it was last made to
    // ask again for that reason.
    std::optional<MacAddress> refused;
    std::optional<TimePoint> forgotten;
  };

  void Refresh(const NeighbourKey& key, Entry* entry);
  absl::StatusOr<Neighbour> ReadAndAsk(const NeighbourKey& key, Entry* entry);
  absl::StatusOr<Neighbour> Read(const NeighbourKey& key);
  bool NeedsAsking(const absl::StatusOr<Neighbour>& neighbour) const;
  absl::Status Ask(const NeighbourKey& key, bool exists);
  void Judge(const absl::StatusOr<Neighbour>& asked, Entry* entry);
  void Release(const NeighbourKey& key);
  bool ConfirmIfDue(const NeighbourKey& key, TimePoint now, Entry* entry);
  absl::Status Confirm(const NeighbourKey& key);
  void TakeMac(const NeighbourKey& key,
               const absl::StatusOr<Neighbour>& neighbour, Entry* entry);
  std::string WhyRefused(const absl::StatusOr<Neighbour>& neighbour) const;
  void Refuse(const NeighbourKey& key, const Neighbour& neighbour,
              const std::string& why, Entry* entry);
  void Forget(const NeighbourKey& key, TimePoint now, Entry* entry);

  NetlinkClient& client_;
  Kernel kernel_;
  std::map<NeighbourKey, Entry> wanted_;
  std::set<NeighbourKey> noted_;
  std::set<MacAddress> own_macs_;
  uint64_t refusals_ = 0;
  LimitedLog refusals_log_{"refused MAC addresses", 1, google::GLOG_WARNING};
  LimitedLog failures_log_{"requests for neighbours that failed", 10,
                           google::GLOG_WARNING};
};

}  // namespace l275

#endif  // L275_LB_AGENT_NEXTHOP_NEIGHBOUR_KEEPER_H_
