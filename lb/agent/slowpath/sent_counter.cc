#include "lb/agent/slowpath/sent_counter.h"

#include <bpf/bpf.h>
#include <glog/logging.h>

#include <cerrno>
#include <utility>

#include "common/abi/map_layout.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/lb_object.h"
#include "lb/agent/slowpath/handed_frame.h"

namespace l275 {
absl::StatusOr<std::unique_ptr<SentCounter>> SentCounter::Create(
    const Maps& maps, const MapWriter* writer) {
  ObjectPtr object(count_sent__open());
  if (object == nullptr) return ErrnoStatus(errno, "count_sent__open()");
  L275_RETURN_IF_ERROR(
      ReuseMap(object->maps.service_counters, maps.service_counters_fd()));
  L275_RETURN_IF_ERROR(
      ReuseMap(object->maps.backend_counters, maps.backend_counters_fd()));
  const int error = count_sent__load(object.get());
  if (error != 0) return ErrnoStatus(-error, "loading count_sent.bpf.o");
  return std::unique_ptr<SentCounter>(
      new SentCounter(std::move(object), writer));
}

void SentCounter::Count(Ipv4Address backend,
                        absl::Span<const uint8_t> frame) const {
  const auto address = ServiceOf(frame, writer_.services());
  if (!address.has_value()) return;
  const auto service = writer_.services().find(*address);
  const auto found = service->second.backends.find(backend);
  if (found == service->second.backends.end()) return;
  l275_sent_frame sent = {service->second.id, found->second.id, frame.size()};
  LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &sent,
              .ctx_size_in = sizeof(sent));
  const int error = bpf_prog_test_run_opts(
      bpf_program__fd(object_->progs.l275_count_sent), &options);
  LOG_IF_EVERY_N(ERROR, error != 0, 1000)
      << "a sent frame was not counted: " << ErrnoStatus(-error, "test run");
}

}  // namespace l275
