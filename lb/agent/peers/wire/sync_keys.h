#ifndef L275_LB_AGENT_PEERS_WIRE_SYNC_KEYS_H_
#define L275_LB_AGENT_PEERS_WIRE_SYNC_KEYS_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "common/beacon/beacon_keys.h"
#include "common/net/ipv4_address.h"

namespace l275 {

// The keys that load balancers sign with when they talk to each other: those of
// the beacons' file. Without keys (--insecure_beacons) whoever has a peer's
// address is believed.
//
// After Set(), OnKeysChanged() of PeerSender and PeerListener is to be called.
// Not thread-safe; lives on the agent's one thread.
class SyncKeys {
 public:
  // A key across reloads: its id may come to have another secret.
  struct Name {
    uint32_t id = 0;  // 0: no key
    BeaconKey::Tag fingerprint = {};
  };

  explicit SyncKeys(std::optional<BeaconKeys> keys);

  // From now on these are the keys. Only where there were some before.
  void Set(BeaconKeys keys);

  bool insecure() const { return !keys_.has_value(); }

  // Null: there is no such key.
  const BeaconKey* Find(uint32_t id) const;

  // What the load balancer with address `self` signs with: the key that is
  // bound to it, else one for all; of several, that with the highest id. Null
  // without keys. NotFound: none may speak for it.
  absl::StatusOr<const BeaconKey*> SigningKey(Ipv4Address self) const;

  // Null: no key.
  static Name NameOf(const BeaconKey* key);

  // Whether the key is still one of them, and may speak for `speaker`. "No key"
  // holds where there are none.
  bool Holds(const Name& name, Ipv4Address speaker) const;

 private:
  std::optional<BeaconKeys> keys_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_WIRE_SYNC_KEYS_H_
