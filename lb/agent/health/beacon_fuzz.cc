// A libFuzzer target for what strangers can send to the beacon group. It covers
// the decoder, the filter, and the monitor that gets the accepted beacons.
//
//   bazel build //lb/agent/health:beacon_fuzz
//   bazel-bin/lb/agent/health/beacon_fuzz -max_total_time=36000 CORPUS_FOLDER
//
// An input is tried as one datagram, and as a row of datagrams of a beacon's
// size. For every datagram must hold:
//   - encoding what was decoded gives the same bytes, except for the tag;
//   - it is rejected, as its sender does not know the key;
//   - signed with the key, it is accepted at most once.

#include <glog/logging.h>
#include <netinet/in.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/beacon/beacon_keys.h"
#include "common/beacon/beacon_message.h"
#include "lb/agent/health/beacon_filter.h"
#include "lb/agent/health/health_monitor.h"

namespace l275 {
namespace {

constexpr Ipv4Address kSender = Ipv4Address::FromHost(0x0a010065);

HealthServices Services() {
  HealthServices services;
  for (uint16_t port : {0, 80, 443}) {
    ServiceAddress service;
    service.protocol = IPPROTO_TCP;
    service.vip = Ipv4Address::FromHost(0x0a0000c8);
    service.port = port;
    for (uint32_t host = 1; host < 4; ++host) {
      services[service][Ipv4Address::FromHost(0x0a000000 + host)] = true;
    }
  }
  return services;
}

std::string NewSecret() {
  std::array<uint8_t, 32> secret;
  CHECK_EQ(RAND_bytes(secret.data(), secret.size()), 1);
  return absl::BytesToHexString(std::string(secret.begin(), secret.end()));
}

// Other keys in each run, so that the fuzzer cannot learn them.
BeaconKeys NewKeys() {
  absl::StatusOr<BeaconKeys> keys = BeaconKeys::Parse(
      absl::StrCat("1 * ", NewSecret(), "\n2 10.0.0.1 ", NewSecret()), "");
  CHECK(keys.ok()) << keys.status();
  return *std::move(keys);
}

// The load balancer under attack: filter, monitor and a clock. Reset() before
// each input: after a beacon with the last epoch no other is accepted, and what
// an input finds must not depend on the inputs before it.
class Target {
 public:
  Target() {
    FLAGS_minloglevel = google::GLOG_FATAL;
    filter_.SetSubjects(SubjectsOf(services_));
  }

  void Reset() {
    filter_.guard() = ReplayGuard();
    monitor_.emplace(HealthMonitor::Options(), [] {});
    monitor_->SetServices(services_, now_);
  }

  void Send(absl::Span<const uint8_t> bytes) {
    now_ += std::chrono::milliseconds(7);
    CHECK(!filter_.Check(bytes, kSender, now_).has_value());
    const absl::StatusOr<BeaconMessage> message = BeaconMessage::Decode(bytes);
    if (!message.ok()) return;
    const BeaconMessage::Bytes again = message->Encode();
    CHECK(std::equal(again.begin(), again.begin() + BeaconMessage::kTagOffset,
                     bytes.begin()));
    SendSigned(*message);
  }

 private:
  void SendSigned(const BeaconMessage& message) {
    const BeaconKey* key = filter_.keys()->Find(1 + message.key_id % 2);
    const BeaconMessage::Bytes bytes = key->Sign(message);
    const auto accepted = filter_.Check(bytes, kSender, now_);
    CHECK(!filter_.Check(bytes, kSender, now_).has_value());
    if (!accepted.has_value()) return;
    CHECK(key->MaySpeakFor(accepted->address));
    monitor_->OnBeacon(*accepted, now_);
    if (monitor_->NextTick().value_or(now_) <= now_) monitor_->Tick(now_);
  }

  const HealthServices services_ = Services();
  HealthTime now_{std::chrono::hours(1)};
  BeaconFilter filter_{NewKeys(), std::chrono::milliseconds(1600)};
  std::optional<HealthMonitor> monitor_;
};

}  // namespace
}  // namespace l275

// See the top of this file.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto& target = *new l275::Target;
  target.Reset();
  const absl::Span<const uint8_t> input(data, size);
  target.Send(input);
  for (size_t at = 0; at < size; at += l275::BeaconMessage::kSize) {
    target.Send(input.subspan(at, l275::BeaconMessage::kSize));
  }
  return 0;
}
