#include "lb/agent/slowpath/frame_forwarder.h"

#include <glog/logging.h>
#include <linux/if_ether.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/abi/map_layout.h"
#include "lb/agent/slowpath/handed_frame.h"

namespace l275 {
namespace {

WaitingFrames::TimePoint Now() { return std::chrono::steady_clock::now(); }

constexpr uint8_t kSendPrefix[] = L275_SLOW_PATH_PREFIX;
constexpr uint8_t kTimeExceededPrefix[] = L275_TIME_EXCEEDED_PREFIX;

// The tag in place of the destination address.
std::optional<l275_slow_path_tag> TagOf(absl::Span<const uint8_t> frame) {
  l275_slow_path_tag tag;
  if (frame.size() < sizeof(ethhdr)) return std::nullopt;
  std::memcpy(&tag, frame.data(), sizeof(tag));
  return tag;
}

bool HasPrefix(const l275_slow_path_tag& tag, const uint8_t (&prefix)[2]) {
  return std::equal(std::begin(prefix), std::end(prefix), tag.prefix);
}

}  // namespace

FrameForwarder::FrameForwarder(event_base* base, NextHopMonitor* next_hops,
                               FrameSender sender,
                               TimeExceededSender time_exceeded,
                               const WaitingFrames::Limits& limits,
                               Callbacks callbacks)
    : next_hops_(*next_hops),
      sender_(std::move(sender)),
      time_exceeded_(std::move(time_exceeded)),
      callbacks_(std::move(callbacks)),
      errors_log_(base, "frames of the slow path that could not be sent",
                  google::GLOG_WARNING),
      waiting_(limits, &counters_),
      timer_(base, [this] { OnTimer(); }) {}

void FrameForwarder::Handle(absl::Span<uint8_t> frame) {
  const std::optional<l275_slow_path_tag> tag = TagOf(frame);
  if (tag && HasPrefix(*tag, kTimeExceededPrefix)) return Answer(frame);
  const bool to_send = tag && HasPrefix(*tag, kSendPrefix);
  const Ipv4Address backend =
      Ipv4Address::FromNetwork(to_send ? tag->backend : 0);
  if (to_send) callbacks_.on_taken(frame);
  const NextHop* next_hop = to_send ? FindNextHop(backend) : nullptr;
  if (next_hop == nullptr)
    return counters_.dropped.Add(SlowPathDrop::kNoBackend);
  switch (next_hop->state) {
    case NextHop::State::kReady:
      Release(backend);
      return Send(backend, *next_hop, frame);
    case NextHop::State::kNoNeighbour:
      return Keep(backend, frame);
    case NextHop::State::kNoRoute:
    case NextHop::State::kUnusable:
      return counters_.dropped.Add(SlowPathDrop::kNoRoute);
  }
}

void FrameForwarder::Release() {
  for (const Ipv4Address backend : waiting_.Backends()) Release(backend);
}

const NextHop* FrameForwarder::FindNextHop(Ipv4Address backend) const {
  const auto found = next_hops_.next_hops().find(backend);
  return found == next_hops_.next_hops().end() ? nullptr : &found->second;
}

void FrameForwarder::Keep(Ipv4Address backend,
                          absl::Span<const uint8_t> frame) {
  waiting_.Expire(Now());
  waiting_.Add(backend, frame, Now());
  next_hops_.Probe(backend);
  StartTimer();
}

void FrameForwarder::Release(Ipv4Address backend) {
  if (waiting_.SizeOf(backend) == 0) return;
  const NextHop* next_hop = FindNextHop(backend);
  if (next_hop != nullptr && next_hop->state == NextHop::State::kNoNeighbour) {
    return;
  }
  waiting_.Expire(Now());
  for (WaitingFrames::Frame& frame : waiting_.Take(backend)) {
    if (next_hop == nullptr) {
      counters_.dropped.Add(SlowPathDrop::kNoBackend);
    } else if (!next_hop->ready()) {
      counters_.dropped.Add(SlowPathDrop::kNoRoute);
    } else {
      Send(backend, *next_hop, absl::MakeSpan(frame));
    }
  }
}

void FrameForwarder::Send(Ipv4Address backend, const NextHop& next_hop,
                          absl::Span<uint8_t> frame) {
  const absl::Status sent = sender_.Send(next_hop, frame);
  if (sent.ok()) {
    ++counters_.sent;
    callbacks_.on_sent(backend, frame);
  } else {
    CountFailure(sent);
  }
}

void FrameForwarder::Answer(absl::Span<const uint8_t> frame) {
  const absl::Status answered = time_exceeded_.Answer(PacketIn(frame));
  if (answered.ok()) {
    ++counters_.answered;
  } else {
    CountFailure(answered);
  }
}

void FrameForwarder::CountFailure(const absl::Status& status) {
  errors_log_.LogLazily(
      [&status] { return absl::StrCat("slow path: ", status.message()); });
  counters_.dropped.Add(SlowPathDrop::kSendFailed);
}

void FrameForwarder::StartTimer() {
  const std::optional<WaitingFrames::TimePoint> expiry = waiting_.NextExpiry();
  if (!expiry || timer_.IsRunning()) return;
  timer_.StartAt(std::min(*expiry, Now() + NeighbourKeeper::kProbeInterval));
}

// The kernel gives up in the middle of a frame's time, and nobody may come who
// has it ask again.
void FrameForwarder::OnTimer() {
  waiting_.Expire(Now());
  for (const Ipv4Address backend : waiting_.Backends())
    next_hops_.Probe(backend);
  StartTimer();
}

}  // namespace l275
