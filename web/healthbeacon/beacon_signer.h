#ifndef L275_WEB_HEALTHBEACON_BEACON_SIGNER_H_
#define L275_WEB_HEALTHBEACON_BEACON_SIGNER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/beacon/beacon_keys.h"
#include "common/beacon/beacon_message.h"
#include "common/net/ipv4_address.h"

namespace l275 {

// Makes datagrams of beacons: signed with one key of a file, or without a key.
// Movable.
class BeaconSigner {
 public:
  struct Options {
    std::string key_file;  // empty: no key
    uint32_t key_id = 0;   // 0: the only one that may speak for the address
    Ipv4Address address;   // of all beacons
  };

  // Reads the file. Errors of BeaconKeys::Read(), and NotFound or
  // InvalidArgument: the file has no key of this id for this address, or
  // several to choose from.
  static absl::StatusOr<BeaconSigner> Create(const Options& options);

  BeaconMessage::Bytes Sign(const BeaconMessage& message) const;

  uint32_t key_id() const { return key_id_; }  // 0: no key

 private:
  BeaconSigner() = default;

  uint32_t key_id_ = 0;
  std::optional<BeaconKeys> keys_;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_BEACON_SIGNER_H_
