#include "lb/agent/health/beacon_receiver.h"

#include <glog/logging.h>

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

// 2,048 datagrams: a flood holds the loop for some milliseconds at a time.
constexpr size_t kBatchesPerTurn = 32;
// 32,768 datagrams, more than the receive buffer holds: all that is in it when
// a backend may be called silent.
constexpr size_t kBatchesPerTimer = 512;

absl::Status CheckOptions(const BeaconReceiver::Options& options) {
  if (!options.group.IsMulticast()) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.group.ToString(),
                     " is no multicast group; expected one of 224.0.0.0/4"));
  }
  if (options.port == 0) {
    return absl::InvalidArgumentError("beacon port 0; expected 1 to 65535");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<BeaconReceiver>> BeaconReceiver::Create(
    event_base* base, const Options& options, BeaconFilter* filter,
    HealthMonitor* monitor) {
  L275_RETURN_IF_ERROR(CheckOptions(options));
  std::unique_ptr<BeaconReceiver> receiver(
      new BeaconReceiver(base, options, filter, monitor));
  L275_RETURN_IF_ERROR(receiver->Start());
  return receiver;
}

BeaconReceiver::BeaconReceiver(event_base* base, const Options& options,
                               BeaconFilter* filter, HealthMonitor* monitor)
    : base_(base),
      filter_(filter),
      monitor_(monitor),
      rejoin_after_(HealthTime::duration(monitor->options().timeout) / 2),
      socket_(options),
      errors_log_(base, "errors of the beacon socket", google::GLOG_ERROR),
      timer_(base, [this] { OnTimer(); }) {}

absl::Status BeaconReceiver::Start() {
  L275_RETURN_IF_ERROR(Rejoin());
  StartTimer();
  return absl::OkStatus();
}

void BeaconReceiver::OnLinksChanged() {
  if (!socket_.IsCurrent()) RejoinAndLog();
}

absl::Status BeaconReceiver::Rejoin() {
  quiet_since_ = HealthTime::clock::now();
  readable_.reset();  // before its descriptor is closed
  L275_RETURN_IF_ERROR(socket_.Reopen());
  readable_.emplace(base_, socket_.fd(), FdWatch::kReadable,
                    [this] { Drain(kBatchesPerTurn); });
  return absl::OkStatus();
}

void BeaconReceiver::RejoinAndLog() {
  const absl::Status joined = Rejoin();
  if (joined.ok() == is_member_) return;
  is_member_ = joined.ok();
  if (is_member_) {
    LOG(INFO) << "listening for beacons to " << socket_.ToString() << " again";
  } else {
    LOG(WARNING) << "cannot listen for beacons to " << socket_.ToString()
                 << " any more, trying again: " << joined.message();
  }
}

void BeaconReceiver::OnTimer() {
  Drain(kBatchesPerTimer);
  const HealthTime now = HealthTime::clock::now();
  monitor_->Tick(now);
  filter_->Tick(now);
  if (now - quiet_since_ >= rejoin_after_) RejoinAndLog();
  StartTimer();
}

void BeaconReceiver::Drain(size_t batches) {
  if (!readable_) return;
  for (size_t i = 0; i < batches; ++i) {
    const absl::StatusOr<size_t> count = batch_.Receive(socket_.fd());
    if (!count.ok()) {
      errors_log_.Log(std::string(count.status().message()));
      return;
    }
    if (*count > 0) Deliver(*count, HealthTime::clock::now());
    if (*count < BeaconBatch::kSize) return;
  }
}

void BeaconReceiver::Deliver(size_t count, HealthTime now) {
  quiet_since_ = now;
  for (size_t i = 0; i < count; ++i) {
    const std::optional<BeaconMessage> message =
        filter_->Check(batch_.bytes(i), batch_.sender(i), now);
    if (message.has_value()) monitor_->OnBeacon(*message, now);
  }
}

// Beacons that arrive meanwhile need no new timer: they move its reasons to
// later times, or make a backend up, which lasts longer than the half timeout
// that the timer waits at most.
void BeaconReceiver::StartTimer() {
  HealthTime next = quiet_since_ + rejoin_after_;
  if (const auto expiry = monitor_->NextTick()) {
    next = std::min(next, *expiry);
  }
  timer_.StartAt(next);
}

}  // namespace l275
