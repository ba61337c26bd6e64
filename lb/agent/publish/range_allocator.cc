#include "lb/agent/publish/range_allocator.h"

#include <algorithm>
#include <iterator>

namespace l275 {

RangeAllocator::RangeAllocator(uint32_t first, uint32_t end)
    : capacity_(end - first) {
  if (capacity_ > 0) free_.emplace(first, capacity_);
}

std::optional<uint32_t> RangeAllocator::Allocate(uint32_t length,
                                                 TimePoint now) {
  EndRests(now);
  for (auto it = free_.begin(); it != free_.end(); ++it) {
    const auto [first, free_length] = *it;
    if (free_length < length) continue;
    free_.erase(it);
    if (free_length > length) {
      free_.emplace(first + length, free_length - length);
    }
    used_ += length;
    return first;
  }
  return std::nullopt;
}

bool RangeAllocator::Reserve(uint32_t first, uint32_t length) {
  auto it = free_.upper_bound(first);
  if (it == free_.begin()) return false;
  --it;
  const auto [free_first, free_length] = *it;
  const uint32_t before = first - free_first;
  if (free_length < before || free_length - before < length) return false;
  free_.erase(it);
  if (before > 0) free_.emplace(free_first, before);
  const uint32_t behind = free_length - before - length;
  if (behind > 0) free_.emplace(first + length, behind);
  used_ += length;
  return true;
}

void RangeAllocator::Free(uint32_t first, uint32_t length, TimePoint now) {
  used_ -= length;
  resting_.push_back({first, length, now + kRest});
}

void RangeAllocator::Return(uint32_t first, uint32_t length) {
  used_ -= length;
  Insert(first, length);
}

uint32_t RangeAllocator::LargestFree() const {
  uint32_t largest = 0;
  for (const auto& [first, length] : free_) largest = std::max(largest, length);
  return largest;
}

void RangeAllocator::EndRests(TimePoint now) {
  while (!resting_.empty() && resting_.front().until <= now) {
    Insert(resting_.front().first, resting_.front().length);
    resting_.pop_front();
  }
}

void RangeAllocator::Insert(uint32_t first, uint32_t length) {
  auto next = free_.lower_bound(first);
  if (next != free_.end() && first + length == next->first) {
    length += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto previous = std::prev(next);
    if (previous->first + previous->second == first) {
      previous->second += length;
      return;
    }
  }
  free_.emplace(first, length);
}

}  // namespace l275
