#include "lb/agent/announce/local_addresses.h"

#include <glog/logging.h>
#include <linux/rtnetlink.h>

#include "common/os/status_util.h"

namespace l275 {

absl::StatusOr<std::unique_ptr<LocalAddresses>> LocalAddresses::Create(
    event_base* base, std::function<void()> on_change) {
  L275_ASSIGN_OR_RETURN(NetlinkClient client, NetlinkClient::Create());
  std::unique_ptr<LocalAddresses> result(
      new LocalAddresses(std::move(client), std::move(on_change)));
  LocalAddresses* const self = result.get();
  // Before the first look, so that no change is missed.
  L275_ASSIGN_OR_RETURN(
      result->subscription_,
      NetlinkSubscription::Create(
          base, {RTNLGRP_IPV4_IFADDR},
          [self](nlmsghdr*) { self->noted_ = true; },
          [self](bool complete) { self->OnBatch(complete); }));
  L275_RETURN_IF_ERROR(result->Read());
  return result;
}

void LocalAddresses::OnBatch(bool complete) {
  if (complete && !noted_) return;
  noted_ = false;
  const std::vector<HostAddress> before = entries_;
  const absl::Status read = Read();
  if (!read.ok()) LOG(ERROR) << "reading this host's addresses: " << read;
  if (!(entries_ == before)) on_change_();
}

absl::Status LocalAddresses::Read() {
  L275_ASSIGN_OR_RETURN(entries_, ReadHostAddresses(client_));
  addresses_.clear();
  for (const HostAddress& entry : entries_) addresses_.insert(entry.address);
  return absl::OkStatus();
}

}  // namespace l275
