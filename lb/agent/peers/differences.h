#ifndef L275_LB_AGENT_PEERS_DIFFERENCES_H_
#define L275_LB_AGENT_PEERS_DIFFERENCES_H_

#include <string>
#include <vector>

#include "common/control/control.pb.h"
#include "lb/agent/peers/wire/sync.pb.h"

namespace l275 {

// What is declared otherwise at a peer, a line each, as if `here` had been
// changed to it: "tcp:10.0.0.200:80: backend 10.0.0.104 added, weight 100". Of
// the seeds only whether they are the same is known.
std::vector<std::string> Differences(const control::Services& here,
                                     uint32_t tcp_idle_timeout_s,
                                     const sync::Declared& there,
                                     bool same_seed);

}  // namespace l275

#endif  // L275_LB_AGENT_PEERS_DIFFERENCES_H_
