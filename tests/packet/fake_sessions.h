#ifndef L275_TESTS_PACKET_FAKE_SESSIONS_H_
#define L275_TESTS_PACKET_FAKE_SESSIONS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "common/net/ipv4_address.h"
#include "lb/agent/peers/wire/sync.pb.h"

namespace l275 {

// Sessions between load balancers, one for each direction, without sockets:
// what is sent waits until it is taken, in order, or is lost with its session.
class FakeSessions {
 public:
  // Whether a message is lost on its way: for controls.
  using Loses = std::function<bool(const sync::Message& message)>;

  void LoseThose(Loses loses) { loses_ = std::move(loses); }

  // A session in which nothing was said yet. What was on its way is lost.
  void Begin(Ipv4Address from, Ipv4Address to);
  void End(Ipv4Address from, Ipv4Address to);
  bool IsOpen(Ipv4Address from, Ipv4Address to) const;

  // Dropped while there is no session.
  void Send(Ipv4Address from, Ipv4Address to, const sync::Message& message);

  // The oldest message that waits. False: there is none.
  bool Take(Ipv4Address from, Ipv4Address to, sync::Message* message);

  uint64_t taken() const { return taken_; }

 private:
  struct Session {
    bool open = false;
    std::deque<std::string> waiting;
  };

  std::map<std::pair<Ipv4Address, Ipv4Address>, Session> sessions_;
  Loses loses_ = [](const sync::Message&) { return false; };
  uint64_t taken_ = 0;
};

}  // namespace l275

#endif  // L275_TESTS_PACKET_FAKE_SESSIONS_H_
