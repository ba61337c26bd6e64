#ifndef L275_WEB_DNAT_RULE_KEEPER_H_
#define L275_WEB_DNAT_RULE_KEEPER_H_

#include <event2/event.h>
#include <linux/netlink.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/event/timer.h"
#include "common/netlink/netlink_subscription.h"
#include "web/dnat/keeper_lock.h"
#include "web/dnat/nat_rule.h"

namespace l275 {

// Installs rules, and installs them again when another process has changed or
// removed them: `nft flush ruleset`, a reload of nftables.service.
//
// The kernel notifies of every change of nftables, and of the process that made
// it. Each restoration is logged with that process. Two restorations are at
// least 200 ms apart, so that two programs that undo each other's changes do
// not keep the host busy.
//
// Works in the network namespace in which it was created, on the loop's thread.
class RuleKeeper {
 public:
  // FailedPrecondition when another process keeps rules in this namespace.
  static absl::StatusOr<std::unique_ptr<RuleKeeper>> Create(
      event_base* base, std::vector<NatRule> rules);

  RuleKeeper(const RuleKeeper&) = delete;
  RuleKeeper& operator=(const RuleKeeper&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  RuleKeeper(event_base* base, std::vector<NatRule> rules, KeeperLock lock)
      : rules_(std::move(rules)),
        lock_(std::move(lock)),
        timer_(base, [this] { Check(); }) {}

  absl::Status Start(event_base* base);
  void OnMessage(nlmsghdr* message);
  void OnBatch(bool complete);
  void Check();
  // Returns the first difference, empty when there was none.
  absl::StatusOr<std::string> Restore();

  const std::vector<NatRule> rules_;
  const KeeperLock lock_;
  bool touched_ = false;    // the table, by the transaction that is being read
  bool changed_ = false;    // since the last check, maybe
  std::string changed_by_;  // empty when it is not known
  Clock::time_point restored_at_;
  Timer timer_;
  std::unique_ptr<NetlinkSubscription> subscription_;
};

}  // namespace l275

#endif  // L275_WEB_DNAT_RULE_KEEPER_H_
