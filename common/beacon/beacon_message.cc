#include "common/beacon/beacon_message.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr std::array<uint8_t, 4> kMagic = {'L', '2', '7', '5'};

// Where each field begins, see the picture in the header.
constexpr size_t kVersionOffset = 4;
constexpr size_t kStateOffset = 5;
constexpr size_t kPortOffset = 6;
constexpr size_t kIntervalOffset = 8;
constexpr size_t kAddressOffset = 12;
constexpr size_t kEpochOffset = 16;
constexpr size_t kSequenceOffset = 24;
constexpr size_t kWeightOffset = 32;
constexpr size_t kReservedOffset = 34;
constexpr size_t kCheckAgeOffset = 36;
constexpr size_t kCheckValidityOffset = 40;
constexpr size_t kKeyIdOffset = 44;
static_assert(kKeyIdOffset + sizeof(uint32_t) == BeaconMessage::kTagOffset);

template <typename T>
void PutBigEndian(uint8_t* bytes, T value) {
  for (size_t i = sizeof(T); i-- > 0; value >>= 8) {
    bytes[i] = static_cast<uint8_t>(value & 0xff);
  }
}

template <typename T>
T GetBigEndian(const uint8_t* bytes) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value << 8 | bytes[i]);
  }
  return value;
}

// That the bytes are a beacon of the version known here.
absl::Status CheckFraming(absl::Span<const uint8_t> bytes) {
  if (bytes.size() != BeaconMessage::kSize) {
    return absl::InvalidArgumentError(absl::StrCat("a beacon of ", bytes.size(),
                                                   " bytes; expected ",
                                                   BeaconMessage::kSize));
  }
  if (!std::equal(kMagic.begin(), kMagic.end(), bytes.begin())) {
    return absl::InvalidArgumentError(
        "a datagram that is no beacon; expected it to begin with \"L275\"");
  }
  if (bytes[kVersionOffset] != BeaconMessage::kVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat("a beacon of version ", bytes[kVersionOffset],
                     "; expected ", BeaconMessage::kVersion));
  }
  const uint16_t reserved =
      GetBigEndian<uint16_t>(bytes.data() + kReservedOffset);
  if (reserved != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a beacon with 0x", absl::Hex(reserved, absl::kZeroPad4),
                     " in its reserved bytes; expected 0"));
  }
  return absl::OkStatus();
}

absl::StatusOr<BeaconMessage::State> ToState(uint8_t value) {
  const auto state = static_cast<BeaconMessage::State>(value);
  switch (state) {
    case BeaconMessage::State::kUp:
    case BeaconMessage::State::kDown:
    case BeaconMessage::State::kDraining:
      return state;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("a beacon with state ", value,
                   "; expected 1 (up), 2 (down) or 3 (draining)"));
}

absl::Status CheckFields(const BeaconMessage& message) {
  if (!message.address.IsHost()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a beacon for ", message.address.ToString(),
                     ", which cannot be a host's address"));
  }
  if (message.interval_ms == 0) {
    return absl::InvalidArgumentError(
        "a beacon with an interval of 0; expected 1 ms or more");
  }
  if (message.sequence == 0) {
    return absl::InvalidArgumentError(
        "a beacon with sequence 0; expected 1 or more");
  }
  if (message.weight > BeaconMessage::kMaxWeight) {
    return absl::InvalidArgumentError(
        absl::StrCat("a beacon with a weight of ", message.weight,
                     "%; expected at most ", BeaconMessage::kMaxWeight, "%"));
  }
  if (message.check_validity_ms == 0 && message.check_age_ms != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a beacon without checks whose last is ",
                     message.check_age_ms, " ms old; expected 0"));
  }
  return absl::OkStatus();
}

}  // namespace

BeaconMessage::Bytes BeaconMessage::Encode() const {
  Bytes bytes = {};
  std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
  bytes[kVersionOffset] = kVersion;
  bytes[kStateOffset] = static_cast<uint8_t>(state);
  PutBigEndian(&bytes[kPortOffset], port);
  PutBigEndian(&bytes[kIntervalOffset], interval_ms);
  PutBigEndian(&bytes[kAddressOffset], address.ToHost());
  PutBigEndian(&bytes[kEpochOffset], epoch);
  PutBigEndian(&bytes[kSequenceOffset], sequence);
  PutBigEndian(&bytes[kWeightOffset], weight);
  PutBigEndian(&bytes[kCheckAgeOffset], check_age_ms);
  PutBigEndian(&bytes[kCheckValidityOffset], check_validity_ms);
  PutBigEndian(&bytes[kKeyIdOffset], key_id);
  return bytes;
}

absl::StatusOr<BeaconMessage> BeaconMessage::Decode(
    absl::Span<const uint8_t> bytes) {
  L275_RETURN_IF_ERROR(CheckFraming(bytes));
  BeaconMessage message;
  L275_ASSIGN_OR_RETURN(message.state, ToState(bytes[kStateOffset]));
  message.interval_ms = GetBigEndian<uint32_t>(&bytes[kIntervalOffset]);
  message.address =
      Ipv4Address::FromHost(GetBigEndian<uint32_t>(&bytes[kAddressOffset]));
  message.epoch = GetBigEndian<uint64_t>(&bytes[kEpochOffset]);
  message.sequence = GetBigEndian<uint64_t>(&bytes[kSequenceOffset]);
  message.port = GetBigEndian<uint16_t>(&bytes[kPortOffset]);
  message.weight = GetBigEndian<uint16_t>(&bytes[kWeightOffset]);
  message.check_age_ms = GetBigEndian<uint32_t>(&bytes[kCheckAgeOffset]);
  message.check_validity_ms =
      GetBigEndian<uint32_t>(&bytes[kCheckValidityOffset]);
  message.key_id = GetBigEndian<uint32_t>(&bytes[kKeyIdOffset]);
  L275_RETURN_IF_ERROR(CheckFields(message));
  return message;
}

}  // namespace l275
