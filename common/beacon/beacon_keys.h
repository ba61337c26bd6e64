#ifndef L275_COMMON_BEACON_BEACON_KEYS_H_
#define L275_COMMON_BEACON_BEACON_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/beacon/beacon_key.h"

namespace l275 {

// The keys of a file, by their ids. Load balancers accept each of them, a web
// server signs with one, so a key can be replaced without a gap:
//
//   # id  server      secret, 16 bytes or more as hex digits
//   1     *           8d2f0f0c3b6f4a0d9a1c5e7b2d4f6a80
//   2     10.0.0.101  1b7e4c9a2f5d8036e1c4a7f0b3d692580e4f1a2b3c4d5e6f
//
// "*" may speak for every server, an address for that server only; so keys with
// the same secret have to be the same server's. What follows a "#" is a
// comment. Not thread-safe, as BeaconKey is not.
class BeaconKeys {
 public:
  // NotFound: the file cannot be read. PermissionDenied: others than its owner
  // can. InvalidArgument names the file and the line, and never tells a secret.
  static absl::StatusOr<BeaconKeys> Read(const std::string& path);

  // Of a file's text; `name` is the file's, for errors.
  static absl::StatusOr<BeaconKeys> Parse(absl::string_view text,
                                          absl::string_view name);

  // Null: there is no such key.
  const BeaconKey* Find(uint32_t id) const;

  // At least 1.
  size_t size() const { return keys_.size(); }
  const std::map<uint32_t, BeaconKey>& keys() const { return keys_; }

 private:
  BeaconKeys() = default;

  absl::Status AddLine(absl::string_view line);
  absl::Status CheckSecrets() const;

  std::map<uint32_t, BeaconKey> keys_;
};

}  // namespace l275

#endif  // L275_COMMON_BEACON_BEACON_KEYS_H_
