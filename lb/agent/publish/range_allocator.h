#ifndef L275_LB_AGENT_PUBLISH_RANGE_ALLOCATOR_H_
#define L275_LB_AGENT_PUBLISH_RANGE_ALLOCATOR_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace l275 {

// Hands out ranges of indices of a map: runs of slots, single ids.
//
// A range that is given back rests for kRest before it is handed out again. A
// packet that was on its way when the map's last reference to the range went
// may still read it, and must find what was there; an XDP program runs for
// microseconds, so a rest of milliseconds is for ever.
class RangeAllocator {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kRest{100};

  // Of the indices `first` to `end - 1`.
  RangeAllocator(uint32_t first, uint32_t end);

  // The first index of `length` consecutive free ones (first fit), or nothing
  // when there is no such run. `length` is at least 1.
  std::optional<uint32_t> Allocate(uint32_t length, TimePoint now);

  // Hands out `length` consecutive ones, at least 1, from `first` on. False,
  // and nothing is handed out, when not all of them are free.
  bool Reserve(uint32_t first, uint32_t length);

  // Gives back what was handed out with the same length.
  void Free(uint32_t first, uint32_t length, TimePoint now);

  // The same for what was never used: there is nothing to rest from.
  void Return(uint32_t first, uint32_t length);

  // Indices handed out, without those that rest.
  uint32_t used() const { return used_; }
  uint32_t capacity() const { return capacity_; }
  // The greatest length that Allocate() could hand out now.
  uint32_t LargestFree() const;

 private:
  struct Resting {
    uint32_t first;
    uint32_t length;
    TimePoint until;
  };

  void EndRests(TimePoint now);
  void Insert(uint32_t first, uint32_t length);

  const uint32_t capacity_;
  uint32_t used_ = 0;
  std::map<uint32_t, uint32_t> free_;  // first -> length, never adjacent
  std::deque<Resting> resting_;        // oldest first
};

}  // namespace l275

#endif  // L275_LB_AGENT_PUBLISH_RANGE_ALLOCATOR_H_
