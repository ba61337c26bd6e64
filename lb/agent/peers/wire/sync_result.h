#ifndef L275_LB_AGENT_PEERS_WIRE_SYNC_RESULT_H_
#define L275_LB_AGENT_PEERS_WIRE_SYNC_RESULT_H_

#include <array>
#include <cstddef>
#include <cstdint>

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

enum class SyncResult : uint8_t {
#define X(name, word, help) name,
  L275_SYNC_RESULTS(X)
#undef X
};

struct SyncResultName {
  const char* word;
  const char* help;
};

constexpr SyncResultName kSyncResultNames[] = {
#define X(name, word, help) {word, help},
    L275_SYNC_RESULTS(X)
#undef X
};

constexpr size_t kSyncResults =
    sizeof(kSyncResultNames) / sizeof(kSyncResultNames[0]);

constexpr const SyncResultName& NameOf(SyncResult result) {
  return kSyncResultNames[static_cast<size_t>(result)];
}

// How many of each, since the start.
class SyncCounters {
 public:
  void Add(SyncResult result) { ++counts_[static_cast<size_t>(result)]; }
  uint64_t Of(SyncResult result) const {
    return counts_[static_cast<size_t>(result)];
  }

 private:
  std::array<uint64_t, kSyncResults> counts_ = {};
};

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_SYNC_RESULT_H_
