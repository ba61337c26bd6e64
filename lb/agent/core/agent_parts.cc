#include "lb/agent/core/agent_parts.h"

#include <chrono>
#include <utility>

namespace l275 {

AgentParts::AgentParts(event_base* loop, AgentOptions agent_options,
                       DesiredSource source)
    : base(loop),
      options(std::move(agent_options)),
      started(std::chrono::steady_clock::now()),
      state(std::move(source), options.state_file),
      attachments(
          std::make_unique<Attachments>(options.interfaces, options.xdp)) {}

}  // namespace l275
