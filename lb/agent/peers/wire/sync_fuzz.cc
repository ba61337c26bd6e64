// libFuzzer's target for what comes on a connection that claims to be another
// load balancer's.
//
//   bazel build //lb/agent/peers/wire:sync_fuzz
//   bazel-bin/lb/agent/peers/wire/sync_fuzz -max_total_time=36000 CORPUS_FOLDER
//
// The input is a stream of bytes after a greeting; and the payload of a frame.
// What must hold for each:
//   - as a stream it opens no session, as its sender does not know the key;
//   - where there are no keys it ends in some way, whatever it says;
//   - as a payload that is signed it is believed once, or it is no message.

#include <glog/logging.h>
#include <openssl/rand.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/beacon/beacon_keys.h"
#include "lb/agent/peers/wire/session_reader.h"
#include "lb/agent/peers/wire/session_writer.h"

namespace l275 {
namespace {

using Bytes = absl::Span<const uint8_t>;

constexpr Ipv4Address kSender = Ipv4Address::FromHost(0x0a010003);
constexpr Endpoint kListener = {Ipv4Address::FromHost(0x0a010002), 9276};

// That the fuzzer cannot know: another in each run.
BeaconKeys NewKeys() {
  std::array<uint8_t, 32> secret;
  CHECK_EQ(RAND_bytes(secret.data(), secret.size()), 1);
  absl::StatusOr<BeaconKeys> keys = BeaconKeys::Parse(
      absl::StrCat("1 * ", absl::BytesToHexString(
                               std::string(secret.begin(), secret.end()))),
      "");
  CHECK(keys.ok()) << keys.status();
  return *std::move(keys);
}

Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// As PeerConnection reads it.
void HearStream(SessionReader* reader, Bytes stream) {
  while (stream.size() >= kSyncLengthBytes) {
    const std::optional<size_t> bytes = reader->FrameBytes(stream);
    if (!bytes.has_value() || *bytes > stream.size()) return;
    CHECK_LE(*bytes, reader->MaxFrameBytes());
    sync::Message message;
    if (reader->Read(stream.first(*bytes), &message) != SyncResult::kAccepted) {
      return;
    }
    CHECK(reader->is_open());
    stream.remove_prefix(*bytes);
  }
}

void HearAsStream(const SyncKeys& keys, Bytes input) {
  SessionReader reader(&keys, kListener, kSender);
  HearStream(&reader, input);
  CHECK(keys.insecure() || !reader.is_open());
}

void HearSigned(const SyncKeys& keys, Bytes input) {
  SessionReader reader(&keys, kListener, kSender);
  SessionWriter writer =
      SessionWriter::Create(&keys, reader.nonce(), kListener, kSender).value();
  sync::Message message;
  CHECK(reader.Read(BytesOf(writer.Hello()), &message) ==
        SyncResult::kAccepted);
  const std::string frame =
      writer.Frame(std::string(input.begin(), input.end()));
  CHECK(reader.FrameBytes(BytesOf(frame)) == frame.size());
  const SyncResult result = reader.Read(BytesOf(frame), &message);
  CHECK(result == SyncResult::kAccepted || result == SyncResult::kMalformed);
  CHECK(reader.Read(BytesOf(frame), &message) == SyncResult::kBadTag);
}

}  // namespace
}  // namespace l275

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& keys = *new l275::SyncKeys(l275::NewKeys());
  static const auto& insecure = *new l275::SyncKeys(std::nullopt);
  const l275::Bytes input(data, size);
  l275::HearAsStream(keys, input);
  l275::HearAsStream(insecure, input);
  if (size <= l275::kMaxSyncMessageBytes) l275::HearSigned(keys, input);
  return 0;
}
