#include "lb/agent/nexthop/neighbour_keeper.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "glog/logging.h"

namespace l275 {
namespace {

std::string What(absl::string_view call, const NeighbourKey& key) {
  return absl::StrCat(call, "(", key.address.ToString(), " on interface ",
                      key.ifindex, ")");
}

ndmsg HeaderOf(const NeighbourKey& key) {
  ndmsg header{};
  header.ndm_family = AF_INET;
  header.ndm_ifindex = static_cast<int>(key.ifindex);
  return header;
}

// "Used" leaves an entry's address and state as they are, except that the
// kernel resolves or confirms it when that is due. What the message does not
// say, it takes away: without NTF_EXT_MANAGED the entry is not managed after
// it.
NetlinkRequest UseRequest(const NeighbourKey& key, int flags) {
  ndmsg header = HeaderOf(key);
  header.ndm_flags = NTF_USE;
  NetlinkRequest request(RTM_NEWNEIGH, flags, header);
  request.Put(NDA_DST, key.address);
  return request;
}

absl::StatusOr<MacAddress> MacOf(const absl::StatusOr<Neighbour>& neighbour) {
  if (IsFailure(neighbour.status())) return neighbour.status();
  if (!neighbour.ok() || !neighbour->IsUsable()) return absl::NotFoundError("");
  return *neighbour->mac;
}

// Whether the kernel has asked for it, for some time, without an answer. It
// asks again and again for a managed one, so its state may be that of the next
// try.
bool HadFailed(const absl::StatusOr<Neighbour>& neighbour) {
  if (!neighbour.ok()) return false;
  return neighbour->state == NUD_FAILED ||
         (neighbour->managed && neighbour->state == NUD_INCOMPLETE);
}

NeighbourKeeper::TimePoint Now() { return std::chrono::steady_clock::now(); }

// Neighbours that Tick() confirms.
constexpr size_t kMostAtOnce = 64;

}  // namespace

void NeighbourKeeper::SetWanted(const std::set<NeighbourKey>& wanted) {
  for (auto it = wanted_.begin(); it != wanted_.end();) {
    if (wanted.count(it->first) > 0) {
      ++it;
      continue;
    }
    if (it->second.managed_by_us) Release(it->first);
    it = wanted_.erase(it);
  }
  for (const NeighbourKey& key : wanted) {
    const auto [it, is_new] = wanted_.try_emplace(key);
    if (!is_new) continue;
    it->second.failed_before = HadFailed(Read(key));
    Refresh(key, &it->second);
  }
}

bool NeighbourKeeper::Note(nlmsghdr* message) {
  const auto neighbour = ParseNeighbour(message);
  if (!neighbour || wanted_.count(neighbour->key) == 0) return false;
  noted_.insert(neighbour->key);
  return true;
}

void NeighbourKeeper::NoteAll() {
  for (const auto& [key, entry] : wanted_) noted_.insert(key);
}

void NeighbourKeeper::NoteFailed() {
  for (const auto& [key, entry] : wanted_) {
    if (IsFailure(entry.mac.status())) noted_.insert(key);
  }
}

bool NeighbourKeeper::HasFailed() const {
  for (const auto& [key, entry] : wanted_) {
    if (IsFailure(entry.mac.status())) return true;
  }
  return false;
}

void NeighbourKeeper::Refresh() {
  for (const NeighbourKey& key : std::exchange(noted_, {})) {
    const auto found = wanted_.find(key);
    if (found != wanted_.end()) Refresh(key, &found->second);
  }
}

absl::StatusOr<MacAddress> NeighbourKeeper::Find(
    const NeighbourKey& key) const {
  const auto found = wanted_.find(key);
  if (found == wanted_.end()) return absl::NotFoundError("not wanted");
  return found->second.mac;
}

bool NeighbourKeeper::FailedBefore(const NeighbourKey& key) const {
  const auto found = wanted_.find(key);
  return found != wanted_.end() && found->second.failed_before;
}

uint16_t NeighbourKeeper::StateOf(const NeighbourKey& key) const {
  const auto found = wanted_.find(key);
  return found == wanted_.end() ? NUD_NONE : found->second.state;
}

void NeighbourKeeper::Probe(const NeighbourKey& key, TimePoint now) {
  const auto found = wanted_.find(key);
  if (found == wanted_.end()) return;
  std::optional<TimePoint>& probed = found->second.probed;
  if (probed && now < *probed + kProbeInterval) return;
  probed = now;
  const absl::StatusOr<Neighbour> neighbour = Read(key);
  if (IsFailure(neighbour.status())) return;
  if (neighbour.ok() && (neighbour->IsFixed() || neighbour->IsUsable())) return;
  const absl::Status asked = Ask(key, neighbour.ok());
  if (!asked.ok()) failures_log_.Log(std::string(asked.message()), now);
}

void NeighbourKeeper::Refresh(const NeighbourKey& key, Entry* entry) {
  const absl::StatusOr<Neighbour> neighbour = ReadAndAsk(key, entry);
  entry->state = neighbour.ok() ? neighbour->state : NUD_NONE;
  TakeMac(key, neighbour, entry);
  if (!entry->mac.ok()) return;
  entry->probed.reset();
  entry->failed_before = false;
}

// After a refused address the last good one counts until the kernel has
// another, or has asked for it in vain.
void NeighbourKeeper::TakeMac(const NeighbourKey& key,
                              const absl::StatusOr<Neighbour>& neighbour,
                              Entry* entry) {
  const std::string why = WhyRefused(neighbour);
  if (!why.empty()) return Refuse(key, *neighbour, why, entry);
  const bool asking = neighbour.ok() && neighbour->state == NUD_INCOMPLETE;
  if (entry->refused.has_value() && asking) return;
  entry->refused.reset();
  entry->mac = MacOf(neighbour);
}

std::string NeighbourKeeper::WhyRefused(
    const absl::StatusOr<Neighbour>& neighbour) const {
  if (!neighbour.ok() || !neighbour->IsUsable()) return "";
  std::string why = WhyNotOneHost(*neighbour->mac);
  if (why.empty() && own_macs_.count(*neighbour->mac) > 0) {
    why = "this host's own";
  }
  return why;
}

void NeighbourKeeper::Refuse(const NeighbourKey& key,
                             const Neighbour& neighbour, const std::string& why,
                             Entry* entry) {
  const std::string text =
      absl::StrCat("refused the MAC address ", MacToString(*neighbour.mac),
                   " for ", key.address.ToString(), ": it is ", why);
  if (!entry->mac.ok()) entry->mac = absl::NotFoundError(text);
  if (entry->refused != neighbour.mac) {
    entry->refused = neighbour.mac;
    ++refusals_;
    refusals_log_.Log(text, Now());
  }
  if (!neighbour.IsFixed()) Forget(key, Now(), entry);
}

// The kernel keeps an address for up to a minute. Deleted, it asks for it at
// once, and all hosts of the network hear the question.
void NeighbourKeeper::Forget(const NeighbourKey& key, TimePoint now,
                             Entry* entry) {
  if (entry->forgotten && now < *entry->forgotten + kRetryInterval) return;
  entry->forgotten = now;
  NetlinkRequest request(RTM_DELNEIGH, 0, HeaderOf(key));
  request.Put(NDA_DST, key.address);
  absl::Status status = client_.Call(request, What("RTM_DELNEIGH", key));
  if (!IsFailure(status)) status = Ask(key, false);
  if (!status.ok()) failures_log_.Log(std::string(status.message()), now);
}

// Not all at once: with thousands of backends their answers would come in one
// burst.
void NeighbourKeeper::Tick(TimePoint now) {
  refusals_log_.Tick(now);
  failures_log_.Tick(now);
  size_t left = std::max<size_t>(kMostAtOnce, wanted_.size() / 4);
  for (auto& [key, entry] : wanted_) {
    if (left == 0) return;
    if (entry.refused.has_value()) Refresh(key, &entry);
    if (ConfirmIfDue(key, now, &entry)) --left;
  }
}

bool NeighbourKeeper::ConfirmIfDue(const NeighbourKey& key, TimePoint now,
                                   Entry* entry) {
  constexpr uint16_t kResting = NUD_REACHABLE | NUD_STALE;
  const bool failed = entry->state == NUD_FAILED;
  if (!failed && (entry->state & kResting) == 0) return false;
  if (!entry->confirmed.has_value()) entry->confirmed = now;
  if (now < *entry->confirmed + (failed ? kRetryInterval : kConfirmInterval)) {
    return false;
  }
  entry->confirmed = now;
  if (failed) {
    Probe(key, now);
    return true;
  }
  const absl::Status status = Confirm(key);
  if (IsFailure(status)) failures_log_.Log(std::string(status.message()), now);
  return true;
}

// Without an address the request leaves the one that is there. It also takes
// "managed" from the entry, which Ask() gives back.
absl::Status NeighbourKeeper::Confirm(const NeighbourKey& key) {
  L275_ASSIGN_OR_RETURN(const Neighbour neighbour, Read(key));
  if (neighbour.IsFixed() || !neighbour.IsUsable()) return absl::OkStatus();
  ndmsg header = HeaderOf(key);
  header.ndm_state = NUD_PROBE;
  NetlinkRequest request(RTM_NEWNEIGH, 0, header);
  request.Put(NDA_DST, key.address);
  L275_RETURN_IF_ERROR(client_.Call(request, What("RTM_NEWNEIGH", key)));
  return neighbour.managed ? Ask(key, true) : absl::OkStatus();
}

absl::StatusOr<Neighbour> NeighbourKeeper::ReadAndAsk(const NeighbourKey& key,
                                                      Entry* entry) {
  absl::StatusOr<Neighbour> neighbour = Read(key);
  if (!NeedsAsking(neighbour)) return neighbour;
  L275_RETURN_IF_ERROR(Ask(key, neighbour.ok()));
  neighbour = Read(key);
  Judge(neighbour, entry);
  return neighbour;
}

absl::StatusOr<Neighbour> NeighbourKeeper::Read(const NeighbourKey& key) {
  absl::StatusOr<Neighbour> neighbour = absl::NotFoundError("no entry");
  NetlinkRequest request(RTM_GETNEIGH, 0, HeaderOf(key));
  request.Put(NDA_DST, key.address);
  L275_RETURN_IF_ERROR(
      client_.Call(request, What("RTM_GETNEIGH", key), [&](nlmsghdr* message) {
        if (auto parsed = ParseNeighbour(message)) neighbour = *parsed;
      }));
  return neighbour;
}

bool NeighbourKeeper::NeedsAsking(
    const absl::StatusOr<Neighbour>& neighbour) const {
  if (!neighbour.ok()) return absl::IsNotFound(neighbour.status());
  if (neighbour->IsFixed()) return false;
  if (kernel_ == Kernel::kManages) return !neighbour->managed;
  return (neighbour->state & (NUD_STALE | NUD_FAILED)) != 0 ||
         neighbour->state == NUD_NONE;
}

absl::Status NeighbourKeeper::Ask(const NeighbourKey& key, bool exists) {
  const int flags = exists ? 0 : NLM_F_CREATE | NLM_F_EXCL;
  NetlinkRequest request = UseRequest(key, flags);
  if (kernel_ == Kernel::kManages) request.Put(NDA_FLAGS_EXT, NTF_EXT_MANAGED);
  absl::Status status = client_.Call(request, What("RTM_NEWNEIGH", key));
  if (!absl::IsResourceExhausted(status)) return status;
  return absl::ResourceExhaustedError(absl::StrCat(
      status.message(),
      ": is the neighbour table full (net.ipv4.neigh.default.gc_thresh3)?"));
}

// What an entry looks like after it was asked for tells the kernels apart.
void NeighbourKeeper::Judge(const absl::StatusOr<Neighbour>& asked,
                            Entry* entry) {
  if (!asked.ok() || kernel_ != Kernel::kManages) return;
  entry->managed_by_us |= asked->managed;
  if (asked->managed || asked->IsFixed()) return;
  LOG(WARNING) << "this kernel does not manage neighbours (Linux 5.16 does): "
                  "entries are confirmed when they have gone stale";
  kernel_ = Kernel::kIgnoresManaged;
}

void NeighbourKeeper::Release(const NeighbourKey& key) {
  const absl::StatusOr<Neighbour> neighbour = Read(key);
  if (!neighbour.ok() || !neighbour->managed || neighbour->IsFixed()) return;
  const absl::Status status =
      client_.Call(UseRequest(key, 0), What("RTM_NEWNEIGH", key));
  LOG_IF(WARNING, IsFailure(status)) << "not un-managed: " << status.message();
}

}  // namespace l275
