#include "web/healthbeacon/beacon_sender.h"

#include <glog/logging.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace l275 {
namespace {

using std::chrono::microseconds;

constexpr int kUrgentBeacons = 3;
constexpr microseconds kBetweenLastBeacons{5000};

uint32_t Milliseconds(std::chrono::milliseconds time) {
  return static_cast<uint32_t>(std::clamp<int64_t>(
      time.count(), 0, std::numeric_limits<uint32_t>::max()));
}

}  // namespace

BeaconSender::BeaconSender(event_base* base, const Options& options,
                           MulticastSender multicast,
                           const BeaconSigner* signer, ReportSource report)
    : multicast_(std::move(multicast)),
      signer_(*signer),
      report_(std::move(report)),
      random_(std::random_device()()),
      timer_(base, [this] { OnTimer(); }) {
  message_.address = options.address;
  message_.port = options.port;
  message_.epoch = options.epoch;
  SetInterval(options.interval);
}

void BeaconSender::SetInterval(std::chrono::milliseconds interval) {
  interval_ = interval;
  message_.interval_ms = Milliseconds(interval);
}

void BeaconSender::Start() { OnTimer(); }

void BeaconSender::Announce() {
  const std::optional<Report> report = report_();
  if (!report || done_) return;
  const bool urgent = report->state != BeaconMessage::State::kUp;
  for (int i = 0; i < (urgent ? kUrgentBeacons : 1); ++i) Send(*report);
  StartTimer();
}

void BeaconSender::SayDown(std::function<void()> done) {
  if (done_) return;
  done_ = std::move(done);
  SendLast();
}

void BeaconSender::SendLast() {
  if (last_ == kUrgentBeacons) {
    LOG_IF(ERROR, last_sent_ == 0)
        << "no beacon could be sent that says down: load balancers will know "
           "by silence only";
    return done_();
  }
  Report last = report_().value_or(Report());
  last.state = BeaconMessage::State::kDown;
  last_sent_ += Send(last);
  timer_.Start(++last_ == kUrgentBeacons ? microseconds(0)
                                         : kBetweenLastBeacons);
}

void BeaconSender::OnTimer() {
  if (done_) return SendLast();
  if (const std::optional<Report> report = report_()) Send(*report);
  StartTimer();
}

bool BeaconSender::Send(const Report& report) {
  message_.state = report.state;
  message_.weight = report.weight;
  message_.check_age_ms = Milliseconds(report.check_age);
  message_.check_validity_ms = Milliseconds(report.check_validity);
  ++message_.sequence;
  const absl::Status sent = multicast_.Send(signer_.Sign(message_));
  LogIfChanged(sent);
  return sent.ok();
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

void BeaconSender::StartTimer() {
  const int64_t interval_us = microseconds(interval_).count();
  const int64_t jitter_us = interval_us / 10;
  std::uniform_int_distribution<int64_t> jitter(-jitter_us, jitter_us);
  timer_.Start(microseconds(interval_us + jitter(random_)));
}

}  // namespace l275
