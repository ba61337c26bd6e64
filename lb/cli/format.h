#ifndef L275_LB_CLI_FORMAT_H_
#define L275_LB_CLI_FORMAT_H_

#include <string>
#include <utility>
#include <vector>

#include "common/control/control.pb.h"

namespace l275 {

// How commands that show a thing print its parts: the same everywhere.

// "12 packets, 3456 bytes".
std::string CounterText(const control::Counter& counter);

// "up", "draining", "down", "silent", "damped", "unknown", "unchecked".
std::string HealthText(control::Health health);

// The same of a backend, and ",trusted" when it is silent or damped and gets
// traffic nevertheless.
std::string BackendHealthText(const control::BackendState& backend);

// "100", or "100*70%" when its beacon makes less or more of it.
std::string WeightText(const control::BackendState& backend);

// "disabled", "draining", "active", "unreachable", or "inactive" when health or
// weight keeps it from getting flows.
std::string StateText(const control::BackendState& backend);

// "eth1 02:00:00:00:01:65", or why there is none: "no ARP answer
// from 10.0.0.101 on eth1".
std::string NextHopText(const control::NextHop& next_hop);

// "2/3": backends that get flows, and all of them.
std::string ActiveText(const control::ServiceState& service);

// Lines "key: value" with the values aligned.
using Lines = std::vector<std::pair<std::string, std::string>>;
std::string LinesText(const Lines& lines);

}  // namespace l275

#endif  // L275_LB_CLI_FORMAT_H_
