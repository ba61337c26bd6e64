#ifndef L275_LB_AGENT_MAPS_BPF_LOG_H_
#define L275_LB_AGENT_MAPS_BPF_LOG_H_

namespace l275 {

// Sends what libbpf and libxdp print to this program's log: at verbosity 1
// (--v=1), the verifier's words included. What fails is also returned to the
// caller as an error; libxdp warns of failures that it then gets around.
void RouteBpfLogs();

}  // namespace l275

#endif  // L275_LB_AGENT_MAPS_BPF_LOG_H_
