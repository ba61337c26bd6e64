#ifndef L275_WEB_DNAT_ANSWER_GUARD_H_
#define L275_WEB_DNAT_ANSWER_GUARD_H_

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "common/ipv4_address.h"
#include "web/dnat/nat_rule.h"

namespace l275 {

// Holds back answers that would leave with the wrong source.
//
// The kernel's connection tracking turns the source of an answer back into the
// VIP, by itself, as long as it knows the connection. When it lost it (timed
// out, flushed) an answer would leave with the local address; the client, which
// knows no such connection, would reset it. So a segment with ACK that leaves
// from a service's local address and port, and that belongs to no known
// connection, is dropped. It is sent again once the client's next segment has
// made the connection known anew.
struct AnswerGuard {
  Ipv4Address local;
  uint16_t port = 0;
  std::string interface;

  // "10.0.0.101:8080 on eth1"
  std::string ToString() const;

  friend bool operator==(const AnswerGuard& a, const AnswerGuard& b) {
    return a.Key() == b.Key();
  }
  friend bool operator<(const AnswerGuard& a, const AnswerGuard& b) {
    return a.Key() < b.Key();
  }

 private:
  std::tuple<Ipv4Address, uint16_t, std::string> Key() const {
    return {local, port, interface};
  }
};

// The guards that belong to the rules, sorted, each once. A service on all
// ports has none: without a port its answers cannot be told from the host's own
// connections.
std::vector<AnswerGuard> GuardsOf(const std::vector<NatRule>& rules);

}  // namespace l275

#endif  // L275_WEB_DNAT_ANSWER_GUARD_H_
