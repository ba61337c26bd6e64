#ifndef L275_LB_AGENT_SLOWPATH_SLOW_PATH_COUNTERS_H_
#define L275_LB_AGENT_SLOWPATH_SLOW_PATH_COUNTERS_H_

#include <cstdint>

#include "common/control/counted_enum.h"

namespace l275 {

// Why frames that the program handed over were not sent: once, for the
// counters, the metric's labels and what lbctl prints.
#define L275_SLOW_PATH_DROPS(X)                                                \
  X(kExpired, "expired", "waited for 3 s, and still no MAC address")           \
  X(kBackendFull, "backend_full",                                              \
    "the oldest, when more than 64 frames waited for one backend")             \
  X(kFull, "full", "the oldest, when more than 4096 frames waited")            \
  X(kNoRoute, "no_route", "no route to the backend, or its link is down")      \
  X(kNoBackend, "no_backend", "its backend was removed meanwhile")             \
  X(kSendFailed, "send_failed", "the kernel or the interface did not take it") \
  X(kRingFull, "ring_full", "the agent was too busy to take it in")            \
  X(kTooLong, "too_long", "longer than a buffer of the agent's socket (3840)")

L275_COUNTED_ENUM(SlowPathDrop, L275_SLOW_PATH_DROPS)

// What became of frames since the agent's start. Every frame that the program
// handed over is waiting, sent, answered, or dropped for one reason.
struct SlowPathCounters {
  uint64_t sent = 0;
  uint64_t answered = 0;  // with ICMP time exceeded
  EnumCounters<SlowPathDrop> dropped;
};

}  // namespace l275

#endif  // L275_LB_AGENT_SLOWPATH_SLOW_PATH_COUNTERS_H_
