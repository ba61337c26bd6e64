#include "lb/agent/maps/lb_object.h"

#include <bpf/libbpf.h>
#include <glog/logging.h>

#include <cerrno>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

// Much: a log that does not fit hides the error on kernels before 6.4. Memory
// is used for as much as there is to say.
constexpr size_t kVerifierLogSize = 1 << 24;

// The end of its log, before the statistics: an instruction, and what is wrong
// with it.
std::string Objection(absl::string_view log) {
  std::vector<absl::string_view> lines =
      absl::StrSplit(log, '\n', absl::SkipWhitespace());
  while (!lines.empty() && absl::StartsWith(lines.back(), "processed ")) {
    lines.pop_back();
  }
  const size_t last = lines.size() < 2 ? 0 : lines.size() - 2;
  return absl::StrJoin(lines.begin() + static_cast<ptrdiff_t>(last),
                       lines.end(), ", ");
}

}  // namespace

absl::StatusOr<LbObjectPtr> OpenLbObject() {
  LbObjectPtr object(lb__open());
  if (object == nullptr) return ErrnoStatus(errno, "lb__open()");
  return object;
}

absl::Status LoadLbObject(lb* object) {
  // Not value-initialized, which would use all of it.
  const std::unique_ptr<char[]> log(new char[kVerifierLogSize]);
  log[0] = '\0';
  bpf_program__set_log_buf(object->progs.l275_lb, log.get(), kVerifierLogSize);
  const int error = lb__load(object);
  if (error == 0) return absl::OkStatus();
  bpf_program__set_log_buf(object->progs.l275_lb, nullptr, 0);
  VLOG(1) << log.get();
  const std::string objection = Objection(log.get());
  if (objection.empty()) {
    return ErrnoStatus(-error, "loading the XDP program");
  }
  return ErrnoStatus(
      -error, absl::StrCat("the kernel's verifier refuses the XDP program: ",
                           objection));
}

std::vector<bpf_map*> SharedMaps(const lb* object) {
  std::vector<bpf_map*> maps = PinnedMaps(object);
  maps.push_back(object->maps.flow_news);
  maps.push_back(object->maps.untold_flows);
  maps.push_back(object->maps.virtual_routers);
  maps.push_back(object->maps.vips);
  maps.push_back(object->maps.answer_budget);
  return maps;
}

std::vector<bpf_map*> PinnedMaps(const lb* object) {
  const auto& maps = object->maps;
  return {
      maps.service_buckets,
      maps.services,
      maps.slots,
      maps.priors,
      maps.flows,
      maps.flow_budget,
      maps.flow_events,
      maps.backends,
      maps.next_hops,
      maps.ingress,
      maps.egress,
      maps.slow_path,
      maps.verdicts,
      maps.service_counters,
      maps.backend_counters,
      maps.layout,
  };
}

absl::Status ReuseMap(bpf_map* map, int fd) {
  const int error = bpf_map__reuse_fd(map, fd);
  if (error == 0) return absl::OkStatus();
  return ErrnoStatus(
      -error, absl::StrCat("bpf_map__reuse_fd(", bpf_map__name(map), ")"));
}

}  // namespace l275
