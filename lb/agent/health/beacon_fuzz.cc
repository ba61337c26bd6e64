// libFuzzer's target for what strangers can send to the beacon group: decoder,
// filter, and what comes of a beacon that is believed.
//
//   bazel build //lb/agent/health:beacon_fuzz
//   bazel-bin/lb/agent/health/beacon_fuzz -max_total_time=36000 CORPUS_FOLDER
//
// Inputs longer than a beacon are tried as a row of beacons as well. What must
// hold for every datagram:
//   - decoding what was encoded gives the same bytes, tag apart;
//   - it is not believed, as its sender does not know the key;
//   - signed with the key, it is believed at most once.

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

// That the fuzzer cannot know: others in each run.
BeaconKeys NewKeys() {
  absl::StatusOr<BeaconKeys> keys = BeaconKeys::Parse(
      absl::StrCat("1 * ", NewSecret(), "\n2 10.0.0.1 ", NewSecret()), "");
  CHECK(keys.ok()) << keys.status();
  return *std::move(keys);
}

// The load balancer under attack: filter, monitor and a clock. A new one for
// each input: one that has heard of the last epoch believes nothing any more,
// and what an input finds must not depend on those before.
class Target {
 public:
  Target() {
    FLAGS_minloglevel = google::GLOG_FATAL;
    filter_.SetSubjects(SubjectsOf(services_));
  }

  void Forget() {
    filter_.guard() = ReplayGuard();
    monitor_.emplace(HealthMonitor::Options(), [] {});
    monitor_->SetServices(services_, now_);
  }

  void Hear(absl::Span<const uint8_t> bytes) {
    now_ += std::chrono::milliseconds(7);
    CHECK(!filter_.Check(bytes, kSender, now_).has_value());
    const absl::StatusOr<BeaconMessage> message = BeaconMessage::Decode(bytes);
    if (!message.ok()) return;
    const BeaconMessage::Bytes again = message->Encode();
    CHECK(std::equal(again.begin(), again.begin() + BeaconMessage::kTagOffset,
                     bytes.begin()));
    HearSigned(*message);
  }

 private:
  void HearSigned(const BeaconMessage& message) {
    const BeaconKey* key = filter_.keys()->Find(1 + message.key_id % 2);
    const BeaconMessage::Bytes bytes = key->Sign(message);
    const auto believed = filter_.Check(bytes, kSender, now_);
    CHECK(!filter_.Check(bytes, kSender, now_).has_value());
    if (!believed.has_value()) return;
    CHECK(key->MaySpeakFor(believed->address));
    monitor_->OnBeacon(*believed, now_);
    if (monitor_->NextTick().value_or(now_) <= now_) monitor_->Tick(now_);
  }

  const HealthServices services_ = Services();
  HealthTime now_{std::chrono::hours(1)};
  BeaconFilter filter_{NewKeys(), std::chrono::milliseconds(1600)};
  std::optional<HealthMonitor> monitor_;
};

}  // namespace
}  // namespace l275

// The input is a datagram; and a row of beacons, one after the other.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto& target = *new l275::Target;
  target.Forget();
  const absl::Span<const uint8_t> input(data, size);
  target.Hear(input);
  for (size_t at = 0; at < size; at += l275::BeaconMessage::kSize) {
    target.Hear(input.subspan(at, l275::BeaconMessage::kSize));
  }
  return 0;
}
