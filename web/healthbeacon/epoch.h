#ifndef L275_WEB_HEALTHBEACON_EPOCH_H_
#define L275_WEB_HEALTHBEACON_EPOCH_H_

#include <chrono>
#include <cstdint>
#include <string>

namespace l275 {

// The epoch of a sender that starts now (see BeaconMessage): the wall clock,
// and later than that of the start before, which the file remembers, even when
// the clock was set back meanwhile. Load balancers take beacons of an older
// epoch for replays.
//
// A file that cannot be read or written is a line in the log, and no reason not
// to serve: it matters only after the clock was set back.
uint64_t NextEpoch(const std::string& state_file,
                   std::chrono::system_clock::time_point now);

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_EPOCH_H_
