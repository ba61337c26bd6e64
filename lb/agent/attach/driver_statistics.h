#ifndef L275_LB_AGENT_ATTACH_DRIVER_STATISTICS_H_
#define L275_LB_AGENT_ATTACH_DRIVER_STATISTICS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/os/unique_fd.h"

namespace l275 {

// Whether a driver's statistic of this name counts frames that an XDP program
// sent and that the driver then lost. Each driver has names of its own: veth
// "rx_queue_0_xdp_tx_errors", mlx5 "rx_xdp_tx_full", gve
// "rx_xdp_redirect_errors[0]". What a program dropped on purpose is not among
// them ("rx_xdp_drop").
bool CountsXdpLosses(absl::string_view name);

// What `ethtool -S` shows, by the ioctl(2) that it uses. Of the network
// namespace in which it was created.
class DriverStatistics {
 public:
  static absl::StatusOr<DriverStatistics> Create();

  // The statistics of an interface that CountsXdpLosses(), by name. Empty when
  // its driver has none.
  absl::StatusOr<std::map<std::string, uint64_t>> ReadXdpLosses(
      const std::string& interface) const;

 private:
  explicit DriverStatistics(UniqueFd socket) : socket_(std::move(socket)) {}

  absl::Status Call(const std::string& interface, const char* what,
                    void* request) const;

  UniqueFd socket_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_ATTACH_DRIVER_STATISTICS_H_
