#include "web/healthbeacon/beacon_sender.h"

#include <glog/logging.h>

#include <utility>

namespace l275 {
namespace {

constexpr int kLastBeacons = 3;

}  // namespace

BeaconSender::BeaconSender(event_base* base, const Options& options,
                           MulticastSender multicast, StateSource state)
    : multicast_(std::move(multicast)),
      state_(std::move(state)),
      interval_(options.interval),
      random_(std::random_device()()),
      timer_(evtimer_new(
          base,
          [](evutil_socket_t, short, void* self) {
            static_cast<BeaconSender*>(self)->OnTimer();
          },
          this)) {
  CHECK(timer_ != nullptr);
  message_.address = options.address;
  message_.interval_ms = static_cast<uint32_t>(interval_.count());
  message_.epoch = options.epoch;
}

void BeaconSender::Start() { OnTimer(); }

void BeaconSender::Stop() {
  evtimer_del(timer_.get());
  for (int i = 0; i < kLastBeacons; ++i) Send(BeaconMessage::State::kDown);
}

void BeaconSender::OnTimer() {
  Send(state_());
  ArmTimer();
}

void BeaconSender::Send(BeaconMessage::State state) {
  message_.state = state;
  ++message_.sequence;
  LogIfChanged(multicast_.Send(message_.Encode()));
}

void BeaconSender::LogIfChanged(const absl::Status& sent) {
  if (!sent.ok()) ++lost_;
  if (sent.ok() == sending_) return;
  sending_ = sent.ok();
  if (sending_) {
    LOG(INFO) << "beacons are sent again; " << lost_ << " were lost";
    lost_ = 0;
  } else {
    LOG(WARNING) << "beacons cannot be sent, trying again: " << sent.message();
  }
}

void BeaconSender::ArmTimer() {
  using std::chrono::microseconds;
  const int64_t interval_us = microseconds(interval_).count();
  const int64_t jitter_us = interval_us / 10;
  const int64_t delay_us = interval_us + std::uniform_int_distribution<int64_t>(
                                             -jitter_us, jitter_us)(random_);
  timeval delay;
  delay.tv_sec = delay_us / 1'000'000;
  delay.tv_usec = delay_us % 1'000'000;
  CHECK_EQ(evtimer_add(timer_.get(), &delay), 0);
}

}  // namespace l275
