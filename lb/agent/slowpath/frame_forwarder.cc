#include "lb/agent/slowpath/frame_forwarder.h"

#include <glog/logging.h>
#include <linux/if_ether.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/libevent_time.h"
#include "common/map_layout.h"

namespace l275 {
namespace {

WaitingFrames::TimePoint Now() { return std::chrono::steady_clock::now(); }

// From the tag in place of the destination address.
std::optional<Ipv4Address> BackendOf(absl::Span<const uint8_t> frame) {
  constexpr uint8_t kPrefix[] = L275_SLOW_PATH_PREFIX;
  l275_slow_path_tag tag;
  if (frame.size() < sizeof(ethhdr)) return std::nullopt;
  std::memcpy(&tag, frame.data(), sizeof(tag));
  if (!std::equal(std::begin(kPrefix), std::end(kPrefix), tag.prefix)) {
    return std::nullopt;
  }
  return Ipv4Address::FromNetwork(tag.backend);
}

}  // namespace

FrameForwarder::FrameForwarder(event_base* base, NextHopMonitor* next_hops,
                               FrameSender sender,
                               const WaitingFrames::Limits& limits)
    : next_hops_(*next_hops),
      sender_(std::move(sender)),
      errors_log_(base, "frames of the slow path that could not be sent",
                  google::GLOG_WARNING),
      waiting_(limits, &counters_),
      timer_(evtimer_new(
          base,
          [](evutil_socket_t, short, void* self) {
            static_cast<FrameForwarder*>(self)->OnTimer();
          },
          this)) {
  CHECK(timer_ != nullptr);
}

void FrameForwarder::Handle(absl::Span<uint8_t> frame) {
  const std::optional<Ipv4Address> backend = BackendOf(frame);
  const NextHop* next_hop = backend ? FindNextHop(*backend) : nullptr;
  if (next_hop == nullptr) return counters_.Drop(SlowPathDrop::kNoBackend);
  switch (next_hop->state) {
    case NextHop::State::kReady:
      Release(*backend);
      return Send(*next_hop, frame);
    case NextHop::State::kNoNeighbour:
      return Keep(*backend, frame);
    case NextHop::State::kNoRoute:
    case NextHop::State::kUnusable:
      return counters_.Drop(SlowPathDrop::kNoRoute);
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
  ArmTimer();
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
      counters_.Drop(SlowPathDrop::kNoBackend);
    } else if (!next_hop->ready()) {
      counters_.Drop(SlowPathDrop::kNoRoute);
    } else {
      Send(*next_hop, absl::MakeSpan(frame));
    }
  }
}

void FrameForwarder::Send(const NextHop& next_hop, absl::Span<uint8_t> frame) {
  const absl::Status sent = sender_.Send(next_hop, frame);
  if (sent.ok()) {
    ++counters_.sent;
    return;
  }
  errors_log_.LogLazily(
      [&sent] { return absl::StrCat("slow path: ", sent.message()); });
  counters_.Drop(SlowPathDrop::kSendFailed);
}

void FrameForwarder::ArmTimer() {
  const std::optional<WaitingFrames::TimePoint> expiry = waiting_.NextExpiry();
  if (!expiry || evtimer_pending(timer_.get(), nullptr)) return;
  const timeval delay =
      DelayUntil(std::min(*expiry, Now() + NeighbourKeeper::kProbeInterval));
  evtimer_add(timer_.get(), &delay);
}

// The kernel gives up in the middle of a frame's time, and nobody may come who
// has it ask again.
void FrameForwarder::OnTimer() {
  waiting_.Expire(Now());
  for (const Ipv4Address backend : waiting_.Backends())
    next_hops_.Probe(backend);
  ArmTimer();
}

}  // namespace l275
