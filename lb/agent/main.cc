// The load balancer's agent: loads the XDP program, attaches it, and keeps its
// maps true to what operators, beacons and the kernel say.

#include <event2/event.h>
#include <gflags/gflags.h>
#include <glog/logging.h>
#include <systemd/sd-daemon.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/beacon/beacon_keys.h"
#include "common/event/libevent_log.h"
#include "common/event/libevent_ptr.h"
#include "common/event/signal_watch.h"
#include "common/os/program_flags.h"
#include "common/os/status_util.h"
#include "lb/agent/attach/detach.h"
#include "lb/agent/config/desired_source.h"
#include "lb/agent/config/state_keeper.h"
#include "lb/agent/core/agent.h"
#include "lb/agent/core/agent_options.h"
#include "lb/agent/core/capabilities.h"
#include "lb/agent/maps/bpf_log.h"
#include "lb/agent/maps/map_sizing.h"

DEFINE_string(
    interface, "",
    "Interfaces on which packets for the services arrive, with commas "
    "between: eth1,eth3. Required.");
DEFINE_string(services_file, "",
              "Services and their backends, in protobuf text format (see "
              "docs/services_file.md). Read again on SIGHUP.");
DEFINE_string(service, "",
              "One service by flags alone: tcp:10.0.0.200:80. Port 0 is all "
              "ports.");
DEFINE_string(backends, "",
              "Backends of --service, with an optional weight (0 to 65535, "
              "default 100): 10.0.0.101,10.0.0.102@50");
DEFINE_uint32(table_size, 65537,
              "Slots of the Maglev table of a service that names no size of "
              "its own: a prime, at least 100 times the number of backends.");
DEFINE_uint64(hash_seed, 0,
              "Seed of the flow hash. The same on all load balancers of a VIP; "
              "a random number keeps outsiders from guessing where a flow "
              "goes.");
DEFINE_string(xdp_mode, "auto",
              "native (in the driver), generic (slower), or auto: native where "
              "the driver can, else generic.");
DEFINE_bool(decrement_ttl, true,
            "Decrement the TTL of forwarded packets, so that a misconfigured "
            "backend cannot loop them forever.");
DEFINE_uint32(max_services, 0,
              "Room for so many services, 1048576 at most. 0: an eighth more "
              "than is declared at the start, at least 1024.");
DEFINE_uint32(max_backends, 0,
              "Room for so many backends of all services together, 4194304 at "
              "most. 0: an eighth more than is declared at the start, at least "
              "16384.");
DEFINE_uint32(max_slots, 0,
              "Room for so many slots of all tables together, 8 bytes each, "
              "536870912 at most. 0: an eighth more than is declared at the "
              "start, at least 4194368 (64 tables of 65537).");
DEFINE_uint32(
    tcp_idle_timeout_s, 900,
    "A TCP flow that sends no packet for so many seconds may be moved "
    "to another backend after a table change.");
DEFINE_uint32(flow_table_entries, 1048576,
              "Room for so many flows of slots whose owner changed recently, "
              "about 100 bytes each.");
DEFINE_uint32(flow_inserts_per_second, 100000,
              "Flows that each CPU records in a second, at most. Those beyond "
              "go where they would have gone before the table change.");
DEFINE_string(health, "beacon",
              "beacon: a backend gets flows while its beacons arrive. none: "
              "every backend counts as up.");
DEFINE_string(beacon_group, "239.0.0.1", "Multicast group of the beacons.");
DEFINE_uint32(beacon_port, 4242, "UDP port of the beacons.");
DEFINE_string(beacon_interface, "",
              "Interface on which beacons arrive. Empty: the one to which the "
              "kernel routes the group.");
DEFINE_uint32(beacon_timeout_ms, 1600,
              "A backend that sends no beacon for so many milliseconds is "
              "silent and gets no flows (in a panic it keeps them), 100 to "
              "600000.");
DEFINE_string(beacon_keys_file, "",
              "File of the keys that beacons may be signed with, readable for "
              "its owner only (see docs/security.md). Read again on SIGHUP. "
              "Required with --health=beacon, unless --insecure_beacons.");
DEFINE_bool(insecure_beacons, false,
            "Accept beacons without a key: everybody who can send to the "
            "group decides which backends get traffic.");
DEFINE_string(
    beacon_state_file, "/var/lib/l275/beacons",
    "Where the agent saves the newest beacon of each backend, so that "
    "it refuses older ones also after a restart. Empty, or with "
    "--insecure_beacons: nowhere.");
DEFINE_uint32(up_after, 3,
              "A backend that was down or silent is up again after so many "
              "beacons in a row that say so, 1 to 1000.");
DEFINE_uint32(
    flap_max, 3,
    "A backend that began or ceased to be up so many times within "
    "--flap_window_s is damped when it comes back once more: it gets no "
    "traffic until it stays up for --flap_hold_s. At most 1000; 0: never.");
DEFINE_uint32(flap_window_s, 60, "See --flap_max: 1 to 86400 seconds.");
DEFINE_uint32(
    flap_hold_s, 30,
    "How long a backend that flaps is damped at first, 1 to 86400 seconds. "
    "Each further one doubles, up to 64 times this.");
DEFINE_uint32(panic_percent, 50,
              "While fewer of a service's backends than this are up, silence "
              "counts as the network's fault: backends that fell silent "
              "get traffic, unless they said down. Likewise for those that are "
              "unreachable, of the backends that would get new flows. 0: "
              "never.");
DEFINE_uint32(unreachable_after_ms, 4000,
              "A backend whose next hop has failed for so many milliseconds "
              "(no ARP answer, no route, its interface is down) gets no new "
              "flows, 100 to 600000; see --panic_percent. By default longer "
              "than the kernel's three ARP requests, a second apart.");
DEFINE_string(
    slow_path, "on",
    "on: a frame for a backend whose MAC address is not known "
    "waits in the agent (64 a backend, 4096 in all, 3 s at most), and "
    "is sent when it is. off: it is dropped.");
DEFINE_bool(slow_path_zero_copy, false,
            "Let AF_XDP sockets use the driver's zero-copy mode. All frames of "
            "the interface then live in the agent's memory, also those that it "
            "never sees (see docs/operating.md).");
DEFINE_string(sync_listen, "",
              "Address and port, on the health network, where this load "
              "balancer listens for its peers, such as 10.1.0.2:9276. Leave "
              "this and --sync_peers empty if there are no peers.");
DEFINE_string(sync_peers, "",
              "The other load balancers' --sync_listen, with commas between. "
              "They send each other the flows of slots whose owner changed "
              "recently, so that a failover moves none of them.");
DEFINE_uint32(sync_wait_s, 10,
              "A load balancer that starts with empty maps is not ready (lbctl "
              "ready) until its peers have sent it what they know, or so "
              "many seconds have passed: 0 to 3600.");
DEFINE_string(bpffs_dir, "/sys/fs/bpf/l275",
              "Folder of a bpffs where the maps and programs are pinned, which "
              "outlive the agent. One for each agent.");
DEFINE_string(state_file, "/var/lib/l275/agent.state",
              "Where the agent saves what lbctl changed, for the next agent. "
              "Empty: nowhere, it is lost when this one ends.");
DEFINE_bool(allow_empty, false,
            "Accept a --services_file without any service, which removes all "
            "of them. Without this flag it is refused, at the start and on "
            "SIGHUP.");
DEFINE_bool(check, false,
            "Read the flags, the services file, the state file and the keys as "
            "a start would, change nothing, and exit: with 0 when all is well, "
            "otherwise with 1 and a line for each error. An agent may be "
            "running. "
            "Without --interface it checks only what other flags name, such as "
            "--services_file.");
DEFINE_bool(detach, false,
            "Detach the programs from their interfaces, remove all that is in "
            "--bpffs_dir, and exit. No agent may be running.");
DEFINE_string(control_socket, "/run/l275/agent.sock",
              "Unix socket of the control API, which lbctl talks to.");
DEFINE_string(http_listen, "127.0.0.1:9275",
              "Address and port that serve /metrics (Prometheus) and /healthz. "
              "Empty: none.");

namespace l275 {
namespace {

constexpr char kUsage[] =
    "lb_agent --interface=eth1 --services_file=/etc/l275/services.conf\n"
    "       lb_agent --interface=eth1 --service=tcp:10.0.0.200:80 "
    "--backends=10.0.0.101,10.0.0.102\n"
    "       lb_agent --check --services_file=/etc/l275/services.conf\n"
    "       lb_agent --detach\n\n"
    "Attaches the load balancer's XDP program to the interfaces and keeps its "
    "tables. SIGHUP reads the services file and the beacons' keys again; what "
    "lbctl changed stays where the file did not change. SIGTERM "
    "ends the agent and leaves the program forwarding as it does; the next "
    "agent "
    "takes over, and --detach takes it away.";

AgentFlags GivenFlags() {
  AgentFlags flags;
  flags.check = FLAGS_check;
  flags.interface = FLAGS_interface;
  flags.xdp_mode = FLAGS_xdp_mode;
  flags.decrement_ttl = FLAGS_decrement_ttl;
  flags.hash_seed = FLAGS_hash_seed;
  flags.table_size = FLAGS_table_size;
  flags.max_services = FLAGS_max_services;
  flags.max_backends = FLAGS_max_backends;
  flags.max_slots = FLAGS_max_slots;
  flags.tcp_idle_timeout_s = FLAGS_tcp_idle_timeout_s;
  flags.flow_table_entries = FLAGS_flow_table_entries;
  flags.flow_inserts_per_second = FLAGS_flow_inserts_per_second;
  flags.health = FLAGS_health;
  flags.beacon_group = FLAGS_beacon_group;
  flags.beacon_port = FLAGS_beacon_port;
  flags.beacon_interface = FLAGS_beacon_interface;
  flags.beacon_timeout_ms = FLAGS_beacon_timeout_ms;
  flags.beacon_keys_file = FLAGS_beacon_keys_file;
  flags.insecure_beacons = FLAGS_insecure_beacons;
  flags.beacon_state_file = FLAGS_beacon_state_file;
  flags.up_after = FLAGS_up_after;
  flags.flap_max = FLAGS_flap_max;
  flags.flap_window_s = FLAGS_flap_window_s;
  flags.flap_hold_s = FLAGS_flap_hold_s;
  flags.panic_percent = FLAGS_panic_percent;
  flags.unreachable_after_ms = FLAGS_unreachable_after_ms;
  flags.slow_path = FLAGS_slow_path;
  flags.slow_path_zero_copy = FLAGS_slow_path_zero_copy;
  flags.sync_listen = FLAGS_sync_listen;
  flags.sync_peers = FLAGS_sync_peers;
  flags.sync_wait_s = FLAGS_sync_wait_s;
  flags.bpffs_dir = FLAGS_bpffs_dir;
  flags.state_file = FLAGS_state_file;
  flags.control_socket = FLAGS_control_socket;
  flags.http_listen = FLAGS_http_listen;
  return flags;
}

SignalWatch StopOn(event_base* base, int signal) {
  return {base, signal, [base, signal] {
            LOG(INFO) << "signal " << signal << ": stopping";
            sd_notify(0, "STOPPING=1");
            event_base_loopbreak(base);
          }};
}

absl::StatusOr<DesiredSource> SourceOfFlags() {
  return DesiredSource::Create(
      {FLAGS_services_file, FLAGS_service, FLAGS_backends, FLAGS_allow_empty});
}

// Checks the services, with what was changed at run time, and, if the other
// flags are right, that there is room for them.
absl::Status CheckServices(const absl::StatusOr<AgentOptions>& options) {
  L275_ASSIGN_OR_RETURN(DesiredSource source, SourceOfFlags());
  StateKeeper state(std::move(source), FLAGS_state_file);
  L275_ASSIGN_OR_RETURN(const DesiredState desired, state.Start());
  for (const std::string& line : state.replaced()) {
    std::cout << "would replace what was changed at run time: " << line
              << std::endl;
  }
  if (!options.ok()) return absl::OkStatus();
  return ChooseMapSizes(options->map_sizes, desired, options->table_size)
      .status();
}

// Prints a line for each error in flags and files that would keep an agent from
// starting. Returns whether there was none.
bool Check() {
  FLAGS_minloglevel = google::GLOG_ERROR;
  const absl::StatusOr<AgentOptions> options = ParseAgentFlags(GivenFlags());
  std::vector<absl::Status> found = {options.status(), CheckServices(options)};
  if (!FLAGS_beacon_keys_file.empty()) {
    found.push_back(BeaconKeys::Read(FLAGS_beacon_keys_file).status());
  }
  bool is_good = true;
  for (const absl::Status& status : found) {
    if (status.ok()) continue;
    is_good = false;
    std::cerr << "lb_agent: " << status.message() << std::endl;
  }
  return is_good;
}

absl::Status Run() {
  if (FLAGS_detach) {
    L275_RETURN_IF_ERROR(CheckCapabilities());
    RouteBpfLogs();
    return Annotate(DetachAll(FLAGS_bpffs_dir), "--bpffs_dir");
  }
  L275_ASSIGN_OR_RETURN(AgentOptions options, ParseAgentFlags(GivenFlags()));
  L275_ASSIGN_OR_RETURN(DesiredSource source, SourceOfFlags());
  L275_RETURN_IF_ERROR(CheckCapabilities());
  RouteBpfLogs();
  RouteLibeventLog();
  const EventBasePtr base(event_base_new());
  if (base == nullptr) return absl::InternalError("event_base_new() failed");
  // From here on a signal waits for the loop: it never ends a start halfway.
  const SignalWatch terminate = StopOn(base.get(), SIGTERM);
  const SignalWatch interrupt = StopOn(base.get(), SIGINT);
  Agent* running = nullptr;
  bool reload_wanted = false;  // by a signal that came before it runs
  const SignalWatch reload(base.get(), SIGHUP, [&] {
    reload_wanted = running == nullptr;
    if (running != nullptr) running->Reload();
  });
  signal(SIGPIPE, SIG_IGN);
  absl::StatusOr<std::unique_ptr<Agent>> created =
      Agent::Create(base.get(), std::move(options), std::move(source));
  if (absl::IsCancelled(created.status())) return absl::OkStatus();
  L275_RETURN_IF_ERROR(created.status());
  const std::unique_ptr<Agent> agent = *std::move(created);
  running = agent.get();
  if (reload_wanted) agent->Reload();
  LOG(INFO) << "ready";
  sd_notify(0, "READY=1");
  event_base_dispatch(base.get());
  return absl::OkStatus();
}

}  // namespace
}  // namespace l275

int main(int argc, char** argv) {
  l275::ParseProgramFlags(l275::kUsage, "lb/agent/main.cc", argc, argv);
  if (FLAGS_check) return l275::Check() ? EXIT_SUCCESS : EXIT_FAILURE;
  const absl::Status status = l275::Run();
  if (status.ok()) return EXIT_SUCCESS;
  std::cerr << "lb_agent: " << status.message() << std::endl;
  return EXIT_FAILURE;
}
