#include "lb/cli/command_table.h"

#include "lb/cli/commands_backend.h"
#include "lb/cli/commands_config.h"
#include "lb/cli/commands_explain.h"
#include "lb/cli/commands_health.h"
#include "lb/cli/commands_nexthop.h"
#include "lb/cli/commands_ready.h"
#include "lb/cli/commands_service.h"
#include "lb/cli/commands_status.h"

namespace l275 {
namespace {

std::vector<Command> MakeCommands() {
  const FlagUse service = {"service", "[--service=tcp:VIP:PORT]"};
  const FlagUse backends = {"backends", "[--backends=ADDRESS[@WEIGHT],...]"};
  const FlagUse table_size = {"table_size", "[--table_size=SLOTS]"};
  const FlagUse deadline = {"deadline", "[--deadline=10m]"};
  const FlagUse all = {"all", "[--all]"};
  const FlagUse bpffs_dir = {"bpffs_dir", "[--bpffs_dir=FOLDER]"};
  const FlagUse static_for = {"static_for_s", "[--static_for_s=600]"};
  const FlagUse preferred = {"preferred", "[--preferred]"};
  const FlagUse agentless_for = {"agentless_for_s", "[--agentless_for_s=3]"};
  const FlagUse file = {"f", "-f FILE"};
  // Name, arguments, flags, summary, examples, function.
  return {
      {{"status"},
       {},
       {},
       "show the agent, its interfaces and totals",
       {"status", "status --output=json"},
       &Status},
      {{"ready"},
       {},
       {bpffs_dir, static_for, preferred, agentless_for},
       "say whether this load balancer can take the VIP, by the exit code too",
       {"ready", "ready --static_for_s=60", "ready --preferred"},
       &Ready},
      {{"service", "list"},
       {},
       {},
       "list the services",
       {"service list"},
       &ServiceList},
      {{"service", "show"},
       {"tcp:VIP:PORT"},
       {},
       "show one service and its backends",
       {"service show tcp:10.0.0.200:80"},
       &ServiceShow},
      {{"service", "add"},
       {"tcp:VIP:PORT"},
       {backends, table_size},
       "add a service; port 0 is all ports of the VIP",
       {"service add tcp:10.0.0.200:80",
        "service add tcp:10.0.0.200:80 --backends=10.0.0.101,10.0.0.102@50"},
       &ServiceAdd},
      {{"service", "remove"},
       {"tcp:VIP:PORT"},
       {},
       "remove a service with its backends",
       {"service remove tcp:10.0.0.200:80"},
       &ServiceRemove},
      {{"backend", "list"},
       {},
       {service},
       "list the backends with their state",
       {"backend list", "backend list --service=tcp:10.0.0.200:80"},
       &BackendList},
      {{"backend", "add"},
       {"ADDRESS[@WEIGHT]"},
       {service},
       "add a backend; --service may be left out when there is just one",
       {"backend add 10.0.0.104",
        "backend add 10.0.0.104@50 --service=tcp:10.0.0.200:80"},
       &BackendAdd},
      {{"backend", "remove"},
       {"ADDRESS"},
       {service},
       "remove a backend, without --service from every service",
       {"backend remove 10.0.0.104",
        "backend remove 10.0.0.104 --service=tcp:10.0.0.200:80"},
       &BackendRemove},
      {{"backend", "enable"},
       {"ADDRESS"},
       {service},
       "let a disabled or draining backend get flows again",
       {"backend enable 10.0.0.104"},
       &BackendEnable},
      {{"backend", "disable"},
       {"ADDRESS"},
       {service},
       "take a backend's flows away at once, and give it no new ones",
       {"backend disable 10.0.0.104",
        "backend disable 10.0.0.104 --service=tcp:10.0.0.200:80"},
       &BackendDisable},
      {{"backend", "drain"},
       {"ADDRESS"},
       {service, deadline},
       "give a backend no new flows; those it has stay until they end",
       {"backend drain 10.0.0.104", "backend drain 10.0.0.104 --deadline=10m"},
       &BackendDrain},
      {{"backend", "weight"},
       {"ADDRESS", "WEIGHT"},
       {service},
       "set a backend's share of new flows, 0 to 65535",
       {"backend weight 10.0.0.104 50"},
       &BackendWeight},
      {{"nexthop", "list"},
       {},
       {},
       "list how frames get to each backend, and since when",
       {"nexthop list", "nexthop list --output=json"},
       &NextHopList},
      {{"health"},
       {},
       {all},
       "show what the backends' beacons say, and what became of beacons",
       {"health", "health --all"},
       &Health},
      {{"stats"},
       {},
       {all},
       "show what happened to packets, and each backend's share",
       {"stats", "stats --all"},
       &Stats},
      {{"explain"},
       {"SOURCE:PORT", "DESTINATION:PORT"},
       {},
       "say which backend a connection gets, and why",
       {"explain 10.0.0.1:40000 10.0.0.200:80"},
       &Explain},
      {{"apply"},
       {},
       {file, {"dry_run", "[--dry_run]"}, {"allow_empty", "[--allow_empty]"}},
       "make the services those of a file, as one change",
       {"apply -f services.conf", "apply -f services.conf --dry-run",
        "export | sed s/101/102/ | lbctl apply -f -"},
       &Apply},
      {{"export"},
       {},
       {},
       "print the services as \"apply\" and --services_file take them",
       {"export > services.conf", "export --output=json"},
       &Export},
  };
}

}  // namespace

const std::vector<Command>& Commands() {
  static const auto& commands = *new std::vector<Command>(MakeCommands());
  return commands;
}

}  // namespace l275
