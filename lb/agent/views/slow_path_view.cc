#include "lb/agent/views/slow_path_view.h"

#include "lb/agent/slowpath/slow_path_counters.h"

namespace l275 {

void FillSlowPath(const AgentView& view, control::SlowPath* message) {
  SlowPathCounters counters;
  if (view.slow_path != nullptr) {
    message->set_on(true);
    message->set_waiting(
        static_cast<uint32_t>(view.slow_path->waiting().size()));
    counters = view.slow_path->counters();
  } else {
    message->set_reason(view.no_slow_path);
  }
  message->set_sent(counters.sent);
  message->set_answered(counters.answered);
  for (const SlowPathDrop reason : AllOf<SlowPathDrop>()) {
    control::SlowPathDrop* drop = message->add_dropped();
    drop->set_reason(NameOf(reason).word);
    drop->set_help(NameOf(reason).help);
    drop->set_frames(counters.dropped.Of(reason));
  }
}

void FillSlowPathOf(const SlowPath* slow_path, uint32_t ifindex,
                    control::Interface* message) {
  message->set_slow_path("off");
  if (slow_path == nullptr) return;
  const auto interfaces = slow_path->sockets().interfaces();
  const auto found = interfaces.find(ifindex);
  if (found == interfaces.end()) return;
  const SlowPathSockets::Interface& interface = found->second;
  message->set_slow_path_queues(interface.sockets);
  message->set_queues(interface.queues);
  message->set_slow_path_reason(interface.reason);
  if (interface.sockets == 0) return;
  message->set_slow_path(interface.zero_copy ? "zero_copy" : "copy");
}

bool HasSlowPath(const SlowPath* slow_path, uint32_t ifindex) {
  return slow_path != nullptr &&
         slow_path->sockets().queues().count(ifindex) > 0;
}

}  // namespace l275
