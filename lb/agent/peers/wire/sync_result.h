#ifndef L275_LB_AGENT_PEERS_WIRE_SYNC_RESULT_H_
#define L275_LB_AGENT_PEERS_WIRE_SYNC_RESULT_H_

#include "common/control/counted_enum.h"

namespace l275 {

// What becomes of a connection that comes from a peer's address, or of a frame
// on it: name, word for metrics and the control API, help. All but kAccepted
// end the connection.
#define L275_SYNC_RESULTS(X)                                                 \
  X(kMalformed, "malformed",                                                 \
    "a frame that is too long or no message, a first one that is no Hello, " \
    "or "                                                                    \
    "another one that is")                                                   \
  X(kUnsigned, "unsigned", "signed with no key")                             \
  X(kUnknownKey, "unknown_key", "signed with a key that is not in the file") \
  X(kWrongServer, "wrong_server",                                            \
    "speaks for another address than it came from, or with a key that is "   \
    "bound to another")                                                      \
  X(kBadTag, "bad_tag", "its tag is not the key's")                          \
  X(kLate, "late", "no Hello within two seconds")                            \
  X(kCrowd, "crowd", "too many connections without a Hello")                 \
  X(kAccepted, "accepted", "believed")

L275_COUNTED_ENUM(SyncResult, L275_SYNC_RESULTS)

// Since the start.
using SyncCounters = EnumCounters<SyncResult>;

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_SYNC_RESULT_H_
