#ifndef L275_LB_AGENT_SLOWPATH_SLOW_PATH_SOCKETS_H_
#define L275_LB_AGENT_SLOWPATH_SLOW_PATH_SOCKETS_H_

#include <event2/event.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/event/timer.h"
#include "lb/agent/publish/range_allocator.h"
#include "lb/agent/publish/snapshot.h"
#include "lb/agent/slowpath/xsk_socket.h"

namespace l275 {

// The AF_XDP sockets of all attached interfaces, one for each receive queue,
// and their places in the program's map `slow_path`.
//
// An interface whose sockets cannot be made is no error: forwarding works
// without them. It is logged, shown by interfaces(), and tried again every
// second: the kernel frees the queues of a process that ended in its own time.
//
// A flood holds the event loop for no longer than a batch of frames of each
// socket; then everybody else has a turn.
//
// One thread, that of the event loop, which outlives the object.
class SlowPathSockets {
 public:
  using Handler = std::function<void(absl::Span<uint8_t>)>;

  // What there is on an interface.
  struct Interface {
    uint32_t queues = 0;   // receive queues of the interface
    uint32_t sockets = 0;  // of them with a socket
    bool zero_copy = false;
    std::string reason;  // why a queue has none; else empty
  };

  // `map_fd` is that of `slow_path`. `handler` gets each frame, and may not
  // call this object. `on_change` is called when a later try has changed
  // queues().
  SlowPathSockets(event_base* base, int map_fd, bool zero_copy, Handler handler,
                  std::function<void()> on_change);
  ~SlowPathSockets();
  SlowPathSockets(const SlowPathSockets&) = delete;
  SlowPathSockets& operator=(const SlowPathSockets&) = delete;

  // Makes those sockets of an interface that are missing.
  void Open(const std::string& name, uint32_t ifindex);
  // Closes those of an interface, which may be gone already.
  void Close(uint32_t ifindex);
  // Closes those of interfaces that are not among these.
  void CloseOthers(const std::vector<uint32_t>& interfaces);

  // Where the program finds the sockets, by interface; absent for an interface
  // that has none.
  std::map<uint32_t, SlowPathQueues> queues() const;
  // By interface, of those that were opened.
  std::map<uint32_t, Interface> interfaces() const;

  // Handles all frames that wait now.
  void ReceiveAll();

  // What the kernel dropped since the start, closed sockets included.
  XskSocket::Drops drops() const;

 private:
  struct Queue;
  struct Opened;

  absl::Status OpenMissing(const std::string& name, Opened& opened);
  absl::Status OpenQueue(const std::string& name, uint32_t queue,
                         Opened& opened);
  void LogOutcome(const std::string& name, const absl::Status& status,
                  Opened& opened) const;
  void OnReadable(XskSocket& socket);
  void RetryLater();
  void OnRetry();

  event_base* const base_;
  const int map_fd_;
  const bool zero_copy_;
  const Handler handler_;
  const std::function<void()> on_change_;
  Timer retry_;
  RangeAllocator places_;
  std::map<uint32_t, std::unique_ptr<Opened>> opened_;  // by ifindex
  XskSocket::Drops drops_of_closed_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_SLOWPATH_SLOW_PATH_SOCKETS_H_
