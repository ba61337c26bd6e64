#ifndef L275_LB_AGENT_HEALTH_BEACON_RESULT_H_
#define L275_LB_AGENT_HEALTH_BEACON_RESULT_H_

#include "common/control/counted_enum.h"

namespace l275 {

// The results of checking a datagram that was sent to the beacon group, in the
// order of the checks: name, word in metrics and the control API, help.
#define L275_BEACON_RESULTS(X)                                               \
  X(kMalformed, "malformed",                                                 \
    "no beacon of a known version, or a field out "                          \
    "of its range")                                                          \
  X(kUnknownBackend, "unknown_backend",                                      \
    "for an address that is no backend, or a port that is no service's")     \
  X(kUnsigned, "unsigned", "signed with no key")                             \
  X(kUnknownKey, "unknown_key", "signed with a key that is not in the file") \
  X(kWrongServer, "wrong_server",                                            \
    "signed with a key that is bound to another server")                     \
  X(kReplayed, "replayed", "not newer than the newest of its sender")        \
  X(kBadTag, "bad_tag", "its tag is not the key's")                          \
  X(kAccepted, "accepted", "believed")

L275_COUNTED_ENUM(BeaconResult, L275_BEACON_RESULTS)

// How many datagrams had each result, since the start.
using BeaconCounters = EnumCounters<BeaconResult>;

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_BEACON_RESULT_H_
