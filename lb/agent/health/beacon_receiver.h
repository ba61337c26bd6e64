#ifndef L275_LB_AGENT_HEALTH_BEACON_RECEIVER_H_
#define L275_LB_AGENT_HEALTH_BEACON_RECEIVER_H_

#include <event2/event.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/event/fd_watch.h"
#include "common/event/limited_loop_log.h"
#include "common/event/timer.h"
#include "lb/agent/health/beacon_batch.h"
#include "lb/agent/health/beacon_filter.h"
#include "lb/agent/health/beacon_socket.h"
#include "lb/agent/health/health_monitor.h"
#include "lb/agent/health/health_time.h"

namespace l275 {

// Brings the beacons of the network that a BeaconFilter believes, and the
// passing of time, to a HealthMonitor.
//
// A membership of a multicast group can be lost without a word: the interface
// is deleted and comes back, or a switch that snoops IGMP forgets it for want
// of a querier. So the group is joined anew
//   - by OnLinksChanged(), at once, when the interface's name has another
//     index;
//   - by itself after half the health timeout without any datagram, and then
//     every further half. That finds what no event tells, and soon enough that
//     no backend need fall silent for it.
//
// What was received is read before a backend may be called silent: an event
// loop that was held up for long makes no backend silent, nor does a flood that
// genuine beacons wait behind.
//
// Owns its socket and events; the loop, filter and monitor outlive it. Runs on
// the loop's thread.
class BeaconReceiver {
 public:
  using Options = BeaconSocket::Options;

  // Listens from now on. InvalidArgument: the group is none, or the port is 0.
  // NotFound: the interface does not exist, or none is given and no route leads
  // to the group.
  static absl::StatusOr<std::unique_ptr<BeaconReceiver>> Create(
      event_base* base, const Options& options, BeaconFilter* filter,
      HealthMonitor* monitor);

  BeaconReceiver(const BeaconReceiver&) = delete;
  BeaconReceiver& operator=(const BeaconReceiver&) = delete;

  // To be called after rtnetlink told of a link that came, went or changed its
  // name; of which one does not matter, and once too often does no harm.
  void OnLinksChanged();

 private:
  BeaconReceiver(event_base* base, const Options& options, BeaconFilter* filter,
                 HealthMonitor* monitor);

  absl::Status Start();
  absl::Status Rejoin();
  void RejoinAndLog();
  void OnTimer();
  void Drain(size_t batches);
  void Deliver(size_t count, HealthTime now);
  void StartTimer();

  event_base* const base_;
  BeaconFilter* const filter_;
  HealthMonitor* const monitor_;
  const HealthTime::duration rejoin_after_;
  BeaconBatch batch_;
  BeaconSocket socket_;
  LimitedLoopLog errors_log_;
  bool is_member_ = true;            // as last logged
  HealthTime quiet_since_;           // the last datagram or attempt to join
  std::optional<FdWatch> readable_;  // none while the socket is closed
  Timer timer_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_HEALTH_BEACON_RECEIVER_H_
