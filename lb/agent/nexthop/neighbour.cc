#include "lb/agent/nexthop/neighbour.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "common/netlink/netlink_message.h"

namespace l275 {

// The kernel's NUD_VALID: with DELAY and PROBE the address is being confirmed
// and is used until that fails.
bool Neighbour::IsUsable() const {
  constexpr uint16_t kValid = NUD_REACHABLE | NUD_STALE | NUD_DELAY |
                              NUD_PROBE | NUD_PERMANENT | NUD_NOARP;
  return (state & kValid) != 0 && mac.has_value();
}

bool Neighbour::IsFixed() const {
  return learned || (state & (NUD_PERMANENT | NUD_NOARP)) != 0;
}

std::string WhyNotOneHost(const MacAddress& mac) {
  if (mac == MacAddress{}) return "zero";
  if (mac == MacAddress{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) return "broadcast";
  return (mac[0] & 1) != 0 ? "multicast" : "";
}

const char* NeighbourStateWord(uint16_t state) {
  switch (state) {
    case NUD_INCOMPLETE:
      return "incomplete";
    case NUD_REACHABLE:
      return "reachable";
    case NUD_STALE:
      return "stale";
    case NUD_DELAY:
      return "delay";
    case NUD_PROBE:
      return "probe";
    case NUD_FAILED:
      return "failed";
    case NUD_NOARP:
      return "noarp";
    case NUD_PERMANENT:
      return "permanent";
    default:
      return "none";
  }
}

std::optional<Neighbour> ParseNeighbour(nlmsghdr* message) {
  const auto reply = NetlinkReply<ndmsg, NDA_MAX>::Parse(message);
  if (!reply || reply->header().ndm_family != AF_INET) return std::nullopt;
  const auto address = reply->Address(NDA_DST);
  if (!address) return std::nullopt;
  Neighbour neighbour;
  neighbour.key = {static_cast<uint32_t>(reply->header().ndm_ifindex),
                   *address};
  neighbour.state = reply->header().ndm_state;
  neighbour.mac = reply->Mac(NDA_LLADDR);
  neighbour.managed =
      (reply->Uint32(NDA_FLAGS_EXT).value_or(0) & NTF_EXT_MANAGED) != 0;
  neighbour.learned = (reply->header().ndm_flags & NTF_EXT_LEARNED) != 0;
  return neighbour;
}

}  // namespace l275
