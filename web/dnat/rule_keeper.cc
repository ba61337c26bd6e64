#include "web/dnat/rule_keeper.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <unistd.h>

#include <optional>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/netlink/netlink_message.h"
#include "common/os/status_util.h"
#include "glog/logging.h"
#include "web/dnat/differences.h"
#include "web/dnat/nat_table.h"

namespace l275 {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBetweenRestorations(200);
constexpr milliseconds kBeforeRetry(1000);

// Of the attributes of all messages only the first few are needed. The name of
// the table is the first one in all but NFT_MSG_NEWGEN.
constexpr int kMaxAttribute = NFTA_GEN_MAX;
using Notification = NetlinkReply<nfgenmsg, kMaxAttribute>;

// The process that made the transaction, as the initial PID namespace counts
// them. Within another one, as in a container, nobody knows its own number
// there: a restoration looks like a change by somebody then, is checked, and
// found to be none.
pid_t PidOf(const Notification& generation) {
  return static_cast<pid_t>(
      ntohl(generation.Uint32(NFTA_GEN_PROC_PID).value_or(0)));
}

// "nft" (process 4711)
std::string ProcessOf(const Notification& generation) {
  return absl::StrCat("\"", generation.Text(NFTA_GEN_PROC_NAME), "\" (process ",
                      PidOf(generation), ")");
}

}  // namespace

absl::StatusOr<std::unique_ptr<RuleKeeper>> RuleKeeper::Create(
    event_base* base, std::vector<NatRule> rules) {
  L275_ASSIGN_OR_RETURN(KeeperLock lock, KeeperLock::Create());
  auto keeper =
      absl::WrapUnique(new RuleKeeper(base, std::move(rules), std::move(lock)));
  L275_RETURN_IF_ERROR(keeper->Start(base));
  return keeper;
}

// Subscribes first, so that no change after the installation is missed.
absl::Status RuleKeeper::Start(event_base* base) {
  L275_ASSIGN_OR_RETURN(
      subscription_,
      NetlinkSubscription::Create(
          base, {NFNLGRP_NFTABLES},
          [this](nlmsghdr* message) { OnMessage(message); },
          [this](bool complete) { OnBatch(complete); }, NETLINK_NETFILTER));
  L275_ASSIGN_OR_RETURN(NatTable table, NatTable::Create());
  return table.Apply(rules_).status();
}

// A transaction is a message for each change, and NFT_MSG_NEWGEN at its end.
void RuleKeeper::OnMessage(nlmsghdr* message) {
  if (NFNL_SUBSYS_ID(message->nlmsg_type) != NFNL_SUBSYS_NFTABLES) return;
  const std::optional<Notification> notification = Notification::Parse(message);
  if (!notification) return;
  if (NFNL_MSG_TYPE(message->nlmsg_type) == NFT_MSG_NEWGEN) {
    if (!std::exchange(touched_, false)) return;
    if (PidOf(*notification) == getpid()) return;  // a restoration
    changed_ = true;
    changed_by_ = ProcessOf(*notification);
    return;
  }
  if (notification->header().nfgen_family == NFPROTO_IPV4 &&
      notification->Text(NFTA_TABLE_NAME) == kTableName) {
    touched_ = true;
  }
}

void RuleKeeper::OnBatch(bool complete) {
  if (!complete) changed_ = true;
  if (!changed_) return;
  const Clock::time_point earliest = restored_at_ + kBetweenRestorations;
  if (Clock::now() >= earliest) return Check();
  if (!timer_.IsRunning()) timer_.StartAt(earliest);
}

void RuleKeeper::Check() {
  changed_ = false;
  const std::string by = std::exchange(changed_by_, "");
  const absl::StatusOr<std::string> difference = Restore();
  if (!difference.ok()) {
    LOG(ERROR) << "cannot restore the rules, trying again in 1 s: "
               << difference.status().message();
    if (!timer_.IsRunning()) timer_.Start(kBeforeRetry);
    return;
  }
  if (difference->empty()) return;
  restored_at_ = Clock::now();
  LOG(WARNING) << "restored the rules, which "
               << (by.empty() ? "another process" : by)
               << " had changed: " << *difference;
}

absl::StatusOr<std::string> RuleKeeper::Restore() {
  L275_ASSIGN_OR_RETURN(NatTable table, NatTable::Create());
  L275_ASSIGN_OR_RETURN(const Ruleset installed, table.Read());
  const std::vector<std::string> differences = Differences(rules_, installed);
  if (differences.empty()) return "";
  L275_RETURN_IF_ERROR(table.Apply(rules_).status());
  return differences.front();
}

}  // namespace l275
