#ifndef L275_LB_AGENT_API_ACCEPT_PAUSE_H_
#define L275_LB_AGENT_API_ACCEPT_PAUSE_H_

#include <event2/event.h>
#include <event2/listener.h>

#include <functional>
#include <string>

#include "common/event/limited_loop_log.h"
#include "common/event/timer.h"

namespace l275 {

// Pauses a listener that cannot accept connections now: when accept() fails,
// for want of file descriptors most likely, or when its owner says so. Clients
// wait in the kernel's backlog meanwhile. Without a pause the loop would try
// again on each turn and do nothing else.
//
// A pause is 100 ms, and goes on while the owner has no room. The reasons are
// logged, limited.
//
// The loop and the listener outlive it. Runs on the loop's thread.
class AcceptPause {
 public:
  // `name` is the listener's in the log: "127.0.0.1:9275". `has_room` is asked
  // at the end of a pause. Takes the listener's error callback for itself.
  AcceptPause(
      event_base* base, evconnlistener* listener, std::string name,
      std::function<bool()> has_room = [] { return true; });
  ~AcceptPause();
  AcceptPause(const AcceptPause&) = delete;
  AcceptPause& operator=(const AcceptPause&) = delete;

  // `why` continues the line "cannot accept connections on 127.0.0.1:9275: ".
  void Pause(const std::string& why);

 private:
  void OnTimer();

  evconnlistener* const listener_;
  const std::string name_;
  const std::function<bool()> has_room_;
  LimitedLoopLog log_;
  Timer timer_;  // runs during a pause
};

}  // namespace l275

#endif  // L275_LB_AGENT_API_ACCEPT_PAUSE_H_
