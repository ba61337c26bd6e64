#ifndef L275_LB_AGENT_FLOWS_FLOW_NEWS_H_
#define L275_LB_AGENT_FLOWS_FLOW_NEWS_H_

#include <bpf/libbpf.h>
#include <event2/event.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/abi/map_layout.h"
#include "common/event/fd_watch.h"
#include "common/event/timer.h"
#include "lb/agent/maps/maps.h"

namespace l275 {

// The entries that the program makes in the flow table, as it makes them.
//
// They come by a ring buffer, of which the kernel wakes the agent at the first
// entry; it then waits two milliseconds for more. What finds no room in the
// ring is counted (Maps::untold_flows()).
//
// On the event loop's thread. Loop and maps outlive it.
class FlowNews {
 public:
  // In the order in which a CPU made them; never empty.
  using Callback = std::function<void(absl::Span<const l275_flow_news>)>;

  static absl::StatusOr<std::unique_ptr<FlowNews>> Create(event_base* base,
                                                          const Maps& maps,
                                                          Callback callback);
  FlowNews(const FlowNews&) = delete;
  FlowNews& operator=(const FlowNews&) = delete;

 private:
  struct FreeRing {
    void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
  };
  static constexpr size_t kMostAtOnce = 4096;

  FlowNews(event_base* base, Callback callback);

  static int OnNews(void* self, void* data, size_t size);
  void OnReadable();
  void Read();
  void HandOver();

  const Callback callback_;
  std::vector<l275_flow_news> news_;
  std::unique_ptr<ring_buffer, FreeRing> ring_;
  std::optional<FdWatch> readable_;  // disabled while timer_ runs
  Timer timer_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_FLOWS_FLOW_NEWS_H_
