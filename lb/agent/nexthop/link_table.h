#ifndef L275_LB_AGENT_NEXTHOP_LINK_TABLE_H_
#define L275_LB_AGENT_NEXTHOP_LINK_TABLE_H_

#include <linux/netlink.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "absl/status/status.h"
#include "common/netlink/netlink_client.h"
#include "lb/agent/nexthop/link.h"

namespace l275 {

// All interfaces of a network namespace, as the kernel had them when last read.
//
// Notifications only say which interface to read again: they may be older than
// what was read already, an answer never is.
class LinkTable {
 public:
  // `client` outlives the table.
  explicit LinkTable(NetlinkClient* client) : client_(*client) {}

  const std::map<uint32_t, Link>& links() const { return links_; }
  // Null when there is none of this index.
  const Link* Find(uint32_t ifindex) const;

  // Takes an RTM_NEWLINK or RTM_DELLINK notification. Returns whether there is
  // something to refresh.
  bool Note(nlmsghdr* message);
  // Forgets what it has noted or read, for the next Refresh() to read it all.
  void NoteAll() { all_noted_ = true; }

  // Reads what was noted. Returns whether links() changed. On an error what was
  // noted stays so.
  absl::StatusOr<bool> Refresh();
  // Reads one, noted or not.
  absl::StatusOr<bool> Refresh(uint32_t ifindex);

 private:
  absl::StatusOr<std::map<uint32_t, Link>> ReadAll();
  absl::StatusOr<std::optional<Link>> Read(uint32_t ifindex);

  NetlinkClient& client_;
  std::map<uint32_t, Link> links_;
  std::set<uint32_t> noted_;
  bool all_noted_ = true;
};

}  // namespace l275

#endif  // L275_LB_AGENT_NEXTHOP_LINK_TABLE_H_
