#ifndef L275_LB_AGENT_CONFIG_DESIRED_SOURCE_H_
#define L275_LB_AGENT_CONFIG_DESIRED_SOURCE_H_

#include <string>

#include "absl/status/statusor.h"
#include "lb/agent/config/desired_state.h"

namespace l275 {

// Where the desired state comes from at the start: a services file, or one
// service by flags alone.
class DesiredSource {
 public:
  struct Options {
    std::string services_file;  // --services_file
    std::string service;        // --service, "tcp:10.0.0.200:80"
    std::string backends;       // --backends, "10.0.0.101,10.0.0.102@50"
    bool allow_empty = false;   // --allow_empty: a file without a service
  };

  // InvalidArgument when the flags contradict each other: file and service, or
  // backends without a service; and for stdin ("-"), which cannot be read
  // again. Reads nothing yet.
  static absl::StatusOr<DesiredSource> Create(const Options& options);

  // Reads again. With no flag at all the desired state is empty, to be filled
  // by lbctl. InvalidArgument for what does not parse, NotFound for a file that
  // cannot be read.
  absl::StatusOr<DesiredState> Read() const;

  bool is_file() const { return !options_.services_file.empty(); }
  const std::string& services_file() const { return options_.services_file; }

 private:
  explicit DesiredSource(Options options) : options_(std::move(options)) {}

  absl::StatusOr<DesiredState> ReadFlags() const;

  Options options_;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CONFIG_DESIRED_SOURCE_H_
