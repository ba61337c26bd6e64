#ifndef L275_LB_AGENT_ANNOUNCE_VIP_HOLDERS_H_
#define L275_LB_AGENT_ANNOUNCE_VIP_HOLDERS_H_

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/net/ipv4_address.h"

namespace l275 {

// Whether each VIP has one holder among this host and its peers:
//
//   split brain   several hold it: clients' frames go to whichever the switch
//                 learned last
//   no holder     nobody does: clients get no answer once their ARP entries
//   end.
//                 With a peer that is not heard nobody can be sure of that; it
//                 is reported after kSilentGrace, and says so
//
// While a VIP moves there are two, or none, for a moment; and a peer that loses
// power says nothing more, so what it said last is no longer true. So both are
// reported only when they have lasted for kGrace, and when the peers concerned
// have sent a message since they began.
//
// A value that time passes by; neither reads a clock nor does input or output.
class VipHolders {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kGrace{1000};
  static constexpr std::chrono::milliseconds kSilentGrace{5000};

  struct Peer {
    std::set<Ipv4Address> held;  // VIPs
    TimePoint last_message;
  };

  struct Fault {
    enum class Kind { kSplitBrain, kNoHolder };
    Kind kind = Kind::kNoHolder;
    Ipv4Address vip;
    bool held_here = false;
    std::vector<Ipv4Address> peers;  // that hold it
    bool all_heard = true;
    TimePoint since;

    // "split brain: 10.0.0.200 is held by this host and by peer 10.1.0.12 for 8
    // s".
    std::string ToString(TimePoint now) const;
  };

  // What is so now: all VIPs, those on this host, and the peers that are heard.
  // `all_heard`: these are all peers that there are, and at least one.
  void Update(const std::set<Ipv4Address>& vips,
              const std::set<Ipv4Address>& held_here,
              const std::map<Ipv4Address, Peer>& peers, bool all_heard,
              TimePoint now);

  // As of the last update, by VIP.
  const std::map<Ipv4Address, Fault>& faults() const { return faults_; }

 private:
  std::map<Ipv4Address, Fault> seen_;    // however short
  std::map<Ipv4Address, Fault> faults_;  // those of seen_ that are confirmed
};

}  // namespace l275

#endif  // L275_LB_AGENT_ANNOUNCE_VIP_HOLDERS_H_
