#include "bench/sync_host.h"

#include <glog/logging.h>

#include <chrono>

#include "bench/bench_network.h"
#include "bench/machine.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

constexpr uint16_t kPort = 9276;
constexpr std::chrono::milliseconds kTick{10};
constexpr std::chrono::seconds kIdleTimeout{900};

}  // namespace

absl::StatusOr<std::unique_ptr<SyncHost>> SyncHost::Create(
    LbProgram* program, const Options& options) {
  std::unique_ptr<SyncHost> host(new SyncHost());
  L275_RETURN_IF_ERROR(host->Start(program, options));
  return host;
}

absl::Status SyncHost::Start(LbProgram* program, const Options& options) {
  keeper_ = std::make_unique<FlowKeeper>(base_.get(), &program->maps(),
                                         &program->writer(), kIdleTimeout);
  Sync::Options sync;
  sync.addresses.listen = {options.self, kPort};
  sync.addresses.peers = {{options.peer, kPort}};
  sync.keys_file = options.keys_file;
  L275_ASSIGN_OR_RETURN(sync_, Sync::Create(base_.get(), sync, &program->maps(),
                                            &program->writer(), keeper_.get(),
                                            /*fresh=*/!options.holds_vip));
  sync_->SetDeclared({});
  if (options.holds_vip) held_.insert(kFirstVip);
  peer_ = options.peer;
  tick_.emplace(base_.get(), kTick, [this] { OnTick(); });
  thread_ = std::thread([this] {
    const absl::Status moved = LeaveCpu();
    LOG_IF(FATAL, !moved.ok()) << moved;
    event_base_dispatch(base_.get());
  });
  return absl::OkStatus();
}

SyncHost::~SyncHost() {
  ended_ = true;
  if (thread_.joinable()) thread_.join();
}

void SyncHost::OnTick() {
  if (ended_) event_base_loopbreak(base_.get());
  sync_->SetHeld(held_);
  stored_ = sync_->sink().peers().at(peer_).flows.stored;
  resynced_ = sync_->sink().resynced();
}

}  // namespace l275
