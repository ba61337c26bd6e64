#include "tests/packet/lb_program.h"

#include <bpf/bpf.h>
#include <glog/logging.h>
#include <linux/bpf.h>

#include <cerrno>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "lb/agent/maps/counters.h"
#include "lb/agent/maps/pinned_map.h"

namespace l275 {

absl::StatusOr<std::unique_ptr<LbProgram>> LbProgram::Create(
    const Options& options) {
  L275_ASSIGN_OR_RETURN(auto maps, Maps::Create(options.sizes));
  std::unique_ptr<LbProgram> program(
      new LbProgram(std::move(maps), options.hash_seed));
  L275_RETURN_IF_ERROR(program->Load(options));
  return program;
}

LbProgram::LbProgram(std::unique_ptr<Maps> maps, uint64_t hash_seed)
    : maps_(std::move(maps)),
      hash_seed_(hash_seed),
      writer_(std::make_unique<MapWriter>(maps_.get(), hash_seed)) {}

absl::Status LbProgram::Load(const Options& options) {
  object_.reset(lb__open());
  if (object_ == nullptr) return ErrnoStatus(errno, "lb__open()");
  object_->rodata->decrement_ttl = options.decrement_ttl;
  object_->rodata->tcp_idle_ticks = options.tcp_idle_ticks;
  object_->rodata->flow_inserts_per_tick = options.flow_inserts_per_tick;
  object_->rodata->tell_flows = options.tell_flows;
  L275_RETURN_IF_ERROR(maps_->ShareWith(object_.get()));
  const int error = lb__load(object_.get());
  return error == 0 ? absl::OkStatus() : ErrnoStatus(-error, "lb__load()");
}

absl::Status LbProgram::Write(const Snapshot& snapshot) {
  return writer_->Write(snapshot, std::chrono::steady_clock::now());
}

absl::Status LbProgram::RestartWriter(MapWriter::TimePoint now) {
  writer_ = std::make_unique<MapWriter>(maps_.get(), hash_seed_);
  return writer_->Adopt(now);
}

absl::StatusOr<LbProgram::Outcome> LbProgram::Run(const Frame& frame,
                                                  uint32_t ifindex) const {
  Outcome outcome;
  outcome.frame.resize(frame.size());
  xdp_md context = {};
  context.data_end = static_cast<uint32_t>(frame.size());
  context.ingress_ifindex = ifindex;
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(),
              .data_out = outcome.frame.data(),
              .data_size_in = static_cast<uint32_t>(frame.size()),
              .data_size_out = static_cast<uint32_t>(frame.size()),
              .ctx_in = &context, .ctx_size_in = sizeof(context));
  const int error = bpf_prog_test_run_opts(program_fd(), &options);
  if (error != 0) {
    return ErrnoStatus(-error, absl::StrCat("test run of ", frame.size(),
                                            " bytes on interface ", ifindex));
  }
  outcome.action = options.retval;
  outcome.frame.resize(options.data_size_out);
  return outcome;
}

int LbProgram::program_fd() const {
  return bpf_program__fd(object_->progs.l275_lb);
}

void LbProgram::SetHeartbeat(std::chrono::nanoseconds age) {
  const int fd = bpf_map__fd(object_->maps.layout);
  const uint32_t zero = 0;
  l275_layout layout;
  PCHECK(bpf_map_lookup_elem(fd, &zero, &layout) == 0);
  layout.alive_ns = BootTimeNs() - static_cast<uint64_t>(age.count());
  PCHECK(bpf_map_update_elem(fd, &zero, &layout, BPF_ANY) == 0);
}

int LbProgram::flow_budget_fd() const {
  return bpf_map__fd(object_->maps.flow_budget);
}

absl::StatusOr<LbProgram::Judged> LbProgram::Judge(const Frame& frame,
                                                   uint32_t ifindex) const {
  L275_ASSIGN_OR_RETURN(const auto before, VerdictCounters());
  Judged judged;
  L275_ASSIGN_OR_RETURN(judged.outcome, Run(frame, ifindex));
  L275_ASSIGN_OR_RETURN(const auto after, VerdictCounters());
  for (int verdict = 0; verdict < L275_VERDICT_COUNT; ++verdict) {
    const uint64_t packets = after[verdict].packets - before[verdict].packets;
    const uint64_t bytes = after[verdict].bytes - before[verdict].bytes;
    if (packets == 0 && bytes == 0) continue;
    if (packets != 1 || bytes != judged.outcome.frame.size() ||
        judged.verdict != L275_VERDICT_COUNT) {
      return absl::InternalError(absl::StrCat(
          "verdict ", verdict, " counted ", packets, " packets and ", bytes,
          " bytes for one frame of ", judged.outcome.frame.size(),
          " after verdict ", judged.verdict));
    }
    judged.verdict = static_cast<l275_verdict>(verdict);
  }
  if (judged.verdict == L275_VERDICT_COUNT) {
    return absl::InternalError("no verdict was counted");
  }
  return judged;
}

absl::StatusOr<std::vector<l275_counter>> LbProgram::VerdictCounters() const {
  std::vector<uint32_t> all(L275_VERDICT_COUNT);
  std::iota(all.begin(), all.end(), 0);
  return ReadCounters(maps_->verdicts_fd(), all);
}

}  // namespace l275
