#ifndef L275_WEB_HEALTHBEACON_BEACON_SENDER_H_
#define L275_WEB_HEALTHBEACON_BEACON_SENDER_H_

#include <event2/event.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>

#include "absl/status/status.h"
#include "common/beacon/beacon_message.h"
#include "common/event/timer.h"
#include "common/net/ipv4_address.h"
#include "web/healthbeacon/beacon_signer.h"
#include "web/healthbeacon/multicast_sender.h"

namespace l275 {

// Multicasts a backend's state, once every interval with a jitter of up to 10 %
// to either side, so that the beacons of many servers that were started
// together do not stay together. The mean is the interval.
//
// A beacon that cannot be sent is lost, and the next one tried at its time: a
// line is logged when that begins and one when it ends.
//
// The loop outlives it. Runs on the loop's thread.
class BeaconSender {
 public:
  struct Options {
    Ipv4Address address;  // the backend's
    uint16_t port = 0;    // of its services; 0: all
    std::chrono::milliseconds interval{100};
    uint64_t epoch = 0;  // see BeaconMessage
  };

  // What changes from beacon to beacon, see BeaconMessage.
  struct Report {
    BeaconMessage::State state = BeaconMessage::State::kDown;
    uint16_t weight = BeaconMessage::kFullWeight;
    std::chrono::milliseconds check_age{0};
    std::chrono::milliseconds check_validity{0};
  };
  // What is to be said now; nullopt: nothing, and no beacon is sent. Asked
  // before each beacon, so it must not block.
  using ReportSource = std::function<std::optional<Report>()>;

  // `signer` outlives it.
  BeaconSender(event_base* base, const Options& options,
               MulticastSender multicast, const BeaconSigner* signer,
               ReportSource report);
  BeaconSender(const BeaconSender&) = delete;
  BeaconSender& operator=(const BeaconSender&) = delete;

  // From the next beacon on.
  void SetInterval(std::chrono::milliseconds interval);

  // The first beacon at once, the others as the loop runs.
  void Start();

  // A beacon at once instead of at its time; three in a row, because UDP may
  // lose one, when it is bad news ("down" or "draining"). Good news can wait
  // for the next beacon, and load balancers may want to hear it for a while.
  void Announce();

  // The last beacons: "down", three, some milliseconds apart, so that what
  // loses one need not lose all. None follow: then `done` is called, after less
  // than 50 ms. What is asked for after that is not done.
  void SayDown(std::function<void()> done);

 private:
  void OnTimer();
  void SendLast();
  bool Send(const Report& report);
  void LogIfChanged(const absl::Status& sent);
  void StartTimer();

  MulticastSender multicast_;
  const BeaconSigner& signer_;
  const ReportSource report_;
  std::chrono::milliseconds interval_;
  BeaconMessage message_;  // the last one that was sent, or tried
  std::minstd_rand random_;
  bool sending_ = true;         // as last logged
  uint64_t lost_ = 0;           // since sending_ became false
  std::function<void()> done_;  // while it stops
  int last_ = 0;                // beacons that were tried while it stops
  int last_sent_ = 0;           // those of them that were sent
  Timer timer_;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_BEACON_SENDER_H_
