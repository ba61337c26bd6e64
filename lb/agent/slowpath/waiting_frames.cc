#include "lb/agent/slowpath/waiting_frames.h"

#include <iterator>
#include <utility>

namespace l275 {

void WaitingFrames::Add(Ipv4Address backend, absl::Span<const uint8_t> frame,
                        TimePoint now) {
  if (SizeOf(backend) >= limits_.frames_per_backend) {
    DropOldestOf(backend, SlowPathDrop::kBackendFull);
  } else if (waiting_.size() >= limits_.frames) {
    DropOldestOf(waiting_.front().backend, SlowPathDrop::kFull);
  }
  waiting_.push_back({backend, now, Frame(frame.begin(), frame.end())});
  by_backend_[backend].push_back(std::prev(waiting_.end()));
}

std::vector<WaitingFrames::Frame> WaitingFrames::Take(Ipv4Address backend) {
  std::vector<Frame> frames;
  const auto queue = by_backend_.find(backend);
  if (queue == by_backend_.end()) return frames;
  frames.reserve(queue->second.size());
  for (const auto waiting : queue->second) {
    frames.push_back(std::move(waiting->frame));
    waiting_.erase(waiting);
  }
  by_backend_.erase(queue);
  return frames;
}

void WaitingFrames::Expire(TimePoint now) {
  while (!waiting_.empty() && waiting_.front().since + limits_.age <= now) {
    DropOldestOf(waiting_.front().backend, SlowPathDrop::kExpired);
  }
}

std::optional<WaitingFrames::TimePoint> WaitingFrames::NextExpiry() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.front().since + limits_.age;
}

size_t WaitingFrames::SizeOf(Ipv4Address backend) const {
  const auto queue = by_backend_.find(backend);
  return queue == by_backend_.end() ? 0 : queue->second.size();
}

std::vector<Ipv4Address> WaitingFrames::Backends() const {
  std::vector<Ipv4Address> backends;
  for (const auto& [backend, queue] : by_backend_) backends.push_back(backend);
  return backends;
}

// The oldest of all is the oldest of its backend too.
void WaitingFrames::DropOldestOf(Ipv4Address backend, SlowPathDrop reason) {
  const auto queue = by_backend_.find(backend);
  waiting_.erase(queue->second.front());
  queue->second.pop_front();
  if (queue->second.empty()) by_backend_.erase(queue);
  counters_.dropped.Add(reason);
}

}  // namespace l275
