#ifndef L275_LB_AGENT_HEALTH_BEACON_RESULT_H_
#define L275_LB_AGENT_HEALTH_BEACON_RESULT_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace l275 {

// What becomes of a datagram that was sent to the beacon group, in the order in
// which it is judged: name, word for metrics and the control API, help.
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

enum class BeaconResult : uint8_t {
#define X(name, word, help) name,
  L275_BEACON_RESULTS(X)
#undef X
};

struct BeaconResultName {
  const char* word;
  const char* help;
};

constexpr BeaconResultName kBeaconResultNames[] = {
#define X(name, word, help) {word, help},
    L275_BEACON_RESULTS(X)
#undef X
};

constexpr size_t kBeaconResults =
    sizeof(kBeaconResultNames) / sizeof(kBeaconResultNames[0]);

constexpr const BeaconResultName& NameOf(BeaconResult result) {
  return kBeaconResultNames[static_cast<size_t>(result)];
}

// How many of each, since the start.
class BeaconCounters {
 public:
  void Add(BeaconResult result) { ++counts_[static_cast<size_t>(result)]; }
  uint64_t Of(BeaconResult result) const {
    return counts_[static_cast<size_t>(result)];
  }

 private:
  std::array<uint64_t, kBeaconResults> counts_ = {};
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_BEACON_RESULT_H_
