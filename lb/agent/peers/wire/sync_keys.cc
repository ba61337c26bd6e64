#include "lb/agent/peers/wire/sync_keys.h"

#include <glog/logging.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace l275 {

SyncKeys::SyncKeys(std::optional<BeaconKeys> keys) : keys_(std::move(keys)) {}

void SyncKeys::Set(BeaconKeys keys) {
  CHECK(keys_.has_value());
  keys_ = std::move(keys);
}

const BeaconKey* SyncKeys::Find(uint32_t id) const {
  return keys_.has_value() ? keys_->Find(id) : nullptr;
}

absl::StatusOr<const BeaconKey*> SyncKeys::SigningKey(Ipv4Address self) const {
  if (!keys_.has_value()) return nullptr;
  const BeaconKey* best = nullptr;
  for (const auto& [id, key] : keys_->keys()) {  // by ascending ids
    if (!key.MaySpeakFor(self)) continue;
    if (best != nullptr && best->server().has_value() &&
        !key.server().has_value()) {
      continue;
    }
    best = &key;
  }
  if (best != nullptr) return best;
  return absl::NotFoundError(
      absl::StrCat("no key of the keys file may speak for ", self.ToString(),
                   "; expected one that is bound to it, or one with *"));
}

SyncKeys::Name SyncKeys::NameOf(const BeaconKey* key) {
  return key == nullptr ? Name() : Name{key->id(), key->Fingerprint()};
}

bool SyncKeys::Holds(const Name& name, Ipv4Address speaker) const {
  if (name.id == 0) return insecure();
  const BeaconKey* const key = Find(name.id);
  return key != nullptr && key->MaySpeakFor(speaker) &&
         key->Fingerprint() == name.fingerprint;
}

}  // namespace l275
