#include "web/healthbeacon/beacon_signer.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

absl::StatusOr<uint32_t> OnlyKeyFor(Ipv4Address address,
                                    const BeaconKeys& keys) {
  std::vector<uint32_t> ids;
  for (const auto& [id, key] : keys.keys()) {
    if (key.MaySpeakFor(address)) ids.push_back(id);
  }
  if (ids.size() == 1) return ids.front();
  if (ids.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no key may speak for ", address.ToString()));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("keys ", absl::StrJoin(ids, ", "), " may speak for ",
                   address.ToString(), "; expected --key_id to choose one"));
}

absl::StatusOr<uint32_t> ChooseKey(const BeaconSigner::Options& options,
                                   const BeaconKeys& keys) {
  if (options.key_id == 0) return OnlyKeyFor(options.address, keys);
  const BeaconKey* const key = keys.Find(options.key_id);
  if (key == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("no key has the id ", options.key_id));
  }
  if (!key->MaySpeakFor(options.address)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "key ", options.key_id, " is bound to ", key->server()->ToString(),
        " and cannot speak for ", options.address.ToString()));
  }
  return options.key_id;
}

}  // namespace

absl::StatusOr<BeaconSigner> BeaconSigner::Create(const Options& options) {
  BeaconSigner signer;
  if (options.key_file.empty()) return signer;
  L275_ASSIGN_OR_RETURN(BeaconKeys keys, BeaconKeys::Read(options.key_file));
  const absl::StatusOr<uint32_t> id = ChooseKey(options, keys);
  if (!id.ok()) return Annotate(id.status(), options.key_file);
  signer.keys_ = std::move(keys);
  signer.key_id_ = *id;
  return signer;
}

BeaconMessage::Bytes BeaconSigner::Sign(const BeaconMessage& message) const {
  if (!keys_) return message.Encode();
  return keys_->Find(key_id_)->Sign(message);
}

}  // namespace l275
