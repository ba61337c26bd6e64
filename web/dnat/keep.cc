#include "web/dnat/keep.h"

#include <event2/event.h>
#include <systemd/sd-daemon.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "common/event/libevent_log.h"
#include "common/event/libevent_ptr.h"
#include "common/event/signal_watch.h"
#include "common/os/status_util.h"
#include "glog/logging.h"
#include "web/dnat/host_warnings.h"
#include "web/dnat/rule_keeper.h"

namespace l275 {
namespace {

absl::Status RunKeeper(const std::vector<NatRule>& rules) {
  RouteLibeventLog();
  const EventBasePtr base(event_base_new());
  if (!base) return absl::InternalError("event_base_new() failed");
  const auto stop = [&base] { event_base_loopbreak(base.get()); };
  const SignalWatch terminate(base.get(), SIGTERM, stop);
  const SignalWatch interrupt(base.get(), SIGINT, stop);
  L275_ASSIGN_OR_RETURN(const std::unique_ptr<RuleKeeper> keeper,
                        RuleKeeper::Create(base.get(), rules));
  PrintHostWarnings(rules);
  for (const NatRule& rule : rules) LOG(INFO) << "keeping " << rule.ToString();
  sd_notify(0, "READY=1");
  event_base_dispatch(base.get());
  sd_notify(0, "STOPPING=1");
  LOG(INFO) << "stopped; the rules stay installed (dnat remove removes them)";
  return absl::OkStatus();
}

}  // namespace

int Keep(const std::vector<NatRule>& rules) {
  const absl::Status status = RunKeeper(rules);
  if (status.ok()) return 0;
  std::fprintf(stderr, "dnat: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace l275
