#include "lb/agent/vrrp/local_addresses.h"

#include <glog/logging.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "common/netlink/netlink_message.h"
#include "common/status_util.h"

namespace l275 {
namespace {

using AddressReply = NetlinkReply<ifaddrmsg, IFA_MAX>;

}  // namespace

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
  const std::set<Ipv4Address> before = addresses_;
  const absl::Status read = Read();
  if (!read.ok()) LOG(ERROR) << "reading this host's addresses: " << read;
  if (addresses_ != before) on_change_();
}

absl::Status LocalAddresses::Read() {
  ifaddrmsg header = {};
  header.ifa_family = AF_INET;
  std::set<Ipv4Address> addresses;
  L275_RETURN_IF_ERROR(
      client_.Call(NetlinkRequest(RTM_GETADDR, NLM_F_DUMP, header),
                   "reading addresses", [&](nlmsghdr* message) {
                     const auto reply = AddressReply::Parse(message);
                     if (!reply.has_value()) return;
                     const auto address = reply->Address(IFA_LOCAL);
                     if (address.has_value()) addresses.insert(*address);
                   }));
  addresses_ = std::move(addresses);
  return absl::OkStatus();
}

}  // namespace l275
