#include "lb/agent/slowpath/frame_hold.h"

#include <iterator>
#include <utility>

namespace l275 {

void FrameHold::Add(Ipv4Address backend, absl::Span<const uint8_t> frame,
                    TimePoint now) {
  if (SizeOf(backend) >= limits_.frames_per_backend) {
    DropOldestOf(backend, SlowPathDrop::kBackendFull);
  } else if (held_.size() >= limits_.frames) {
    DropOldestOf(held_.front().backend, SlowPathDrop::kFull);
  }
  held_.push_back({backend, now, Frame(frame.begin(), frame.end())});
  by_backend_[backend].push_back(std::prev(held_.end()));
}

std::vector<FrameHold::Frame> FrameHold::Take(Ipv4Address backend) {
  std::vector<Frame> frames;
  const auto queue = by_backend_.find(backend);
  if (queue == by_backend_.end()) return frames;
  frames.reserve(queue->second.size());
  for (const auto held : queue->second) {
    frames.push_back(std::move(held->frame));
    held_.erase(held);
  }
  by_backend_.erase(queue);
  return frames;
}

void FrameHold::Expire(TimePoint now) {
  while (!held_.empty() && held_.front().since + limits_.age <= now) {
    DropOldestOf(held_.front().backend, SlowPathDrop::kExpired);
  }
}

std::optional<FrameHold::TimePoint> FrameHold::NextExpiry() const {
  if (held_.empty()) return std::nullopt;
  return held_.front().since + limits_.age;
}

size_t FrameHold::SizeOf(Ipv4Address backend) const {
  const auto queue = by_backend_.find(backend);
  return queue == by_backend_.end() ? 0 : queue->second.size();
}

std::vector<Ipv4Address> FrameHold::Backends() const {
  std::vector<Ipv4Address> backends;
  for (const auto& [backend, queue] : by_backend_) backends.push_back(backend);
  return backends;
}

// The oldest of all is the oldest of its backend too.
void FrameHold::DropOldestOf(Ipv4Address backend, SlowPathDrop reason) {
  const auto queue = by_backend_.find(backend);
  held_.erase(queue->second.front());
  queue->second.pop_front();
  if (queue->second.empty()) by_backend_.erase(queue);
  counters_.Drop(reason);
}

}  // namespace l275
