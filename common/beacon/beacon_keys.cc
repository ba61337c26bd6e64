#include "common/beacon/beacon_keys.h"

#include <openssl/crypto.h>

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/os/read_file.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

// Overwrites a secret before its memory is given back.
void Wipe(std::string* secret) {
  OPENSSL_cleanse(secret->data(), secret->size());
}

absl::StatusOr<uint32_t> ParseId(absl::string_view text) {
  uint32_t id;
  if (absl::SimpleAtoi(text, &id) && id != 0) return id;
  return absl::InvalidArgumentError(
      "the first word is no key id; expected 1 to 4294967295");
}

absl::StatusOr<std::optional<Ipv4Address>> ParseServer(absl::string_view text) {
  if (text == "*") return std::optional<Ipv4Address>();
  const absl::StatusOr<Ipv4Address> address = Ipv4Address::Parse(text);
  if (address.ok() && address->IsHost()) return std::optional(*address);
  return absl::InvalidArgumentError(
      "the second word is neither a server's address nor *");
}

bool IsHex(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isxdigit(c)) return false;
  }
  return text.size() % 2 == 0;
}

absl::StatusOr<BeaconKey> ParseKey(uint32_t id,
                                   std::optional<Ipv4Address> server,
                                   absl::string_view hex) {
  if (!IsHex(hex)) {
    return absl::InvalidArgumentError(
        "the secret is not an even number of hex digits");
  }
  std::string secret = absl::HexStringToBytes(hex);
  absl::StatusOr<BeaconKey> key = BeaconKey::Create(
      id, server,
      {reinterpret_cast<const uint8_t*>(secret.data()), secret.size()});
  Wipe(&secret);
  return key;
}

absl::string_view WithoutComment(absl::string_view line) {
  return line.substr(0, line.find('#'));
}

}  // namespace

absl::StatusOr<BeaconKeys> BeaconKeys::Read(const std::string& path) {
  L275_ASSIGN_OR_RETURN(std::string text, ReadSecretFile(path));
  absl::StatusOr<BeaconKeys> keys = Parse(text, path);
  Wipe(&text);
  return keys;
}

absl::StatusOr<BeaconKeys> BeaconKeys::Parse(absl::string_view text,
                                             absl::string_view name) {
  BeaconKeys keys;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    L275_RETURN_IF_ERROR(Annotate(keys.AddLine(WithoutComment(line)),
                                  absl::StrCat(name, ":", ++number)));
  }
  if (keys.keys_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name,
                     ": no key; expected lines of an id, a server's "
                     "address or *, and a secret in hex digits"));
  }
  L275_RETURN_IF_ERROR(Annotate(keys.CheckSecrets(), name));
  return keys;
}

// Who knows a secret can name whichever id has it: the key of one server would
// speak for the other.
absl::Status BeaconKeys::CheckSecrets() const {
  std::map<BeaconKey::Tag, const BeaconKey*> known;
  for (const auto& [id, key] : keys_) {
    const BeaconKey& first =
        *known.emplace(key.Fingerprint(), &key).first->second;
    if (first.server() == key.server()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("keys ", first.id(), " and ", id,
                     " have the same secret, and are not the same server's; "
                     "expected a secret for each"));
  }
  return absl::OkStatus();
}

// Its errors tell no word of the line: any may be the secret, misplaced.
absl::Status BeaconKeys::AddLine(absl::string_view line) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  if (words.empty()) return absl::OkStatus();
  if (words.size() != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat(words.size(),
                     " words; expected 3: an id, a server's address or *, "
                     "and a secret in hex digits"));
  }
  L275_ASSIGN_OR_RETURN(const uint32_t id, ParseId(words[0]));
  L275_ASSIGN_OR_RETURN(const std::optional<Ipv4Address> server,
                        ParseServer(words[1]));
  L275_ASSIGN_OR_RETURN(BeaconKey key, ParseKey(id, server, words[2]));
  if (!keys_.emplace(id, std::move(key)).second) {
    return absl::InvalidArgumentError(
        absl::StrCat("key id ", id, " appears twice"));
  }
  return absl::OkStatus();
}

const BeaconKey* BeaconKeys::Find(uint32_t id) const {
  const auto key = keys_.find(id);
  return key == keys_.end() ? nullptr : &key->second;
}

}  // namespace l275
