#ifndef L275_LB_AGENT_ATTACH_DRIVER_LOSSES_H_
#define L275_LB_AGENT_ATTACH_DRIVER_LOSSES_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace l275 {

// Frames that the XDP program sent and that a driver lost, lately and in all.
// The program cannot know of them: it has counted them as forwarded.
//
// Pure logic: reads neither a clock nor a counter. See DriverStatistics for
// where the counters come from.
class DriverLosses {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  // Per interface, the counters of lost frames that its driver has.
  using Counters = std::map<std::string, std::map<std::string, uint64_t>>;

  // "Lately".
  static constexpr std::chrono::seconds kWindow{10};

  struct Interface {
    uint64_t lost = 0;                  // within kWindow
    std::vector<std::string> counters;  // that grew
  };

  // The counters as they are now, and how many frames the program has sent by
  // all interfaces.
  void Update(Counters counters, uint64_t sent, TimePoint now);

  // The counters as they were last read.
  const Counters& counters() const;
  // Interfaces that lost frames lately, when they were more than one in a
  // thousand of those sent: a ring may be full for a moment.
  std::map<std::string, Interface> lossy() const;
  // Frames that the program sent lately.
  uint64_t sent() const;

 private:
  struct Sample {
    TimePoint time;
    Counters counters;
    uint64_t sent = 0;
  };

  std::deque<Sample> samples_;  // of kWindow; the first may be older
};

}  // namespace l275

#endif  // L275_LB_AGENT_ATTACH_DRIVER_LOSSES_H_
