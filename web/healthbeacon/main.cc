// healthbeacon: multicasts a web server's state to the load balancers.

#include <event2/event.h>
#include <gflags/gflags.h>
#include <glog/logging.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/beacon/beacon_message.h"
#include "common/event/libevent_log.h"
#include "common/event/libevent_ptr.h"
#include "common/event/signal_watch.h"
#include "common/net/ipv4_address.h"
#include "common/os/program_flags.h"
#include "common/os/status_util.h"
#include "web/healthbeacon/check_spec.h"
#include "web/healthbeacon/description.h"
#include "web/healthbeacon/flag_file.h"
#include "web/healthbeacon/healthbeacon.h"

DEFINE_string(address, "",
              "The address under which the load balancers know this backend, "
              "for example 10.0.0.101. Required.");
DEFINE_string(
    check, "",
    "What has to be good for the backend to be up, several with "
    "commas between: "
    "tcp:127.0.0.1:80 (accepts connections), "
    "http://127.0.0.1:80/healthz (status 2xx or 3xx), exec:/path (a "
    "program of yours that exits with code 0; run without arguments "
    "as the user of healthbeacon). Empty: vouches for the host only.");
DEFINE_string(check_host, "",
              "The Host header of HTTP checks. Empty: the URL's address:port.");
DEFINE_int32(check_interval_ms, 200,
             "Milliseconds from one run of a check to the next, 10 to 60000.");
DEFINE_int32(check_timeout_ms, 500,
             "Milliseconds after which a run of a check is given up and counts "
             "as bad, 10 to 60000.");
DEFINE_int32(fall, 1,
             "Bad runs of a check in a row that make the backend down, 1 to "
             "100. A check that hangs is noticed after --check_interval_ms and "
             "so many times --check_timeout_ms.");
DEFINE_string(group, "239.0.0.1", "The multicast group to send to.");
DEFINE_bool(insecure_beacons, false,
            "Send beacons without a key: load balancers with a key do not "
            "believe them, and on others anybody can forge them.");
DEFINE_string(interface, "",
              "The interface to send on, for example eth2. Required. It has to "
              "exist at the start; later it may go away and come back.");
DEFINE_int32(interval_ms, 100,
             "Milliseconds between two beacons, 10 to 60000, with a jitter of "
             "10 % to either side. At most a third of the load balancers' "
             "--beacon_timeout_ms.");
DEFINE_string(key_file, "",
              "The file with the key that signs beacons, lines of \"ID SERVER "
              "SECRET\" as the load balancers have (see docs/health.md); none "
              "but its owner may have access. Required unless "
              "--insecure_beacons.");
DEFINE_uint32(key_id, 0,
              "The key of --key_file to sign with. 0: the only one that may "
              "speak for --address.");
DEFINE_string(load_feedback, "",
              "cpu: announce less than the weight while the host's CPUs are "
              "busy: all of it up to 70 %, falling to --load_feedback_floor at "
              "95 %, smoothed over 10 seconds, by at most 10 percent every 5 "
              "seconds. Empty: none.");
DEFINE_int32(load_feedback_floor, 20,
             "Percent of the weight that --load_feedback leaves at least, 1 to "
             "100.");
DEFINE_int32(port, 4242, "The UDP port to send to, 1 to 65535.");
DEFINE_int32(rise, 2,
             "Good runs of a check in a row that make the backend up, 1 to "
             "100.");
DEFINE_int32(service_port, 0,
             "The port of the services that the beacon speaks for, as the load "
             "balancers have it, 1 to 65535. 0: all services of --address that "
             "no beacon of a port speaks for.");
DEFINE_string(state_file, "",
              "Where the epoch is kept, which has to grow from start to start "
              "even when the clock was set back; beside it, with \".drain\", "
              "whether it drains. One for each --address and "
              "--service_port. Empty: "
              "/var/lib/l275/healthbeacon-ADDRESS-SERVICE_PORT.epoch");
DEFINE_int32(weight, 100,
             "The weight to announce, in percent of the one that the load "
             "balancers have for this backend, 0 to 1000. 0: no new flows.");
DEFINE_string(weight_file, "",
              "A file with the number for --weight, read again whenever it "
              "changes.");

namespace l275 {
namespace {

using std::chrono::milliseconds;

constexpr char kUsage[] =
    "multicasts a web server's state to the load balancers.\n"
    "SIGTERM: ends silently. Load balancers keep the server for their "
    "--beacon_timeout_ms, so a restart within it changes nothing.\n"
    "SIGINT: says \"down\" and ends. Load balancers take the server out at "
    "once.\n"
    "SIGUSR1: starts a drain; SIGUSR2 ends it.\n"
    "SIGHUP: reads --flagfile, --key_file and --weight_file again; nothing "
    "changes when one of them is wrong.\n"
    "Example: healthbeacon --interface=eth2 --address=10.0.0.101 "
    "--key_file=/etc/l275/beacon.keys --check=http://127.0.0.1:80/healthz\n"
    "Exit code 1 for flags that are wrong, 2 for arguments other than flags.";

constexpr char kThisFile[] = "web/healthbeacon/main.cc";

// gflags would take the last one, and nobody would miss the others until they
// should have failed.
bool IsGivenTwice(const std::vector<std::string>& arguments,
                  absl::string_view flag) {
  const auto gives = [flag](absl::string_view argument) {
    if (!absl::ConsumePrefix(&argument, "-")) return false;
    absl::ConsumePrefix(&argument, "-");
    return absl::ConsumePrefix(&argument, flag) &&
           (argument.empty() || argument[0] == '=');
  };
  return std::count_if(arguments.begin(), arguments.end(), gives) > 1;
}

// The flags of the command line and of --flagfile, as they are now.
absl::StatusOr<std::vector<std::string>> GatherFlags(
    const std::vector<std::string>& arguments) {
  L275_ASSIGN_OR_RETURN(std::vector<std::string> flags,
                        ExpandFlagFiles(arguments));
  if (IsGivenTwice(flags, "check")) {
    return absl::InvalidArgumentError(
        "--check is given twice: expected one, with commas between checks");
  }
  return flags;
}

absl::Status CheckRange(absl::string_view flag, int value, int least,
                        int most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, "=", value, ": expected ", least, " to ", most));
}

absl::StatusOr<MulticastSender::Options> MulticastOptions() {
  MulticastSender::Options options;
  const absl::StatusOr<Ipv4Address> group = Ipv4Address::Parse(FLAGS_group);
  if (!group.ok()) return Annotate(group.status(), "--group");
  if (!group->IsMulticast()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--group=", FLAGS_group,
                     ": expected a multicast group of 224.0.0.0/4"));
  }
  L275_RETURN_IF_ERROR(CheckRange("port", FLAGS_port, 1, 65535));
  if (FLAGS_interface.empty()) {
    return absl::InvalidArgumentError(
        "--interface is required: the interface to send beacons on");
  }
  options.group = *group;
  options.port = static_cast<uint16_t>(FLAGS_port);
  options.interface = FLAGS_interface;
  return options;
}

absl::StatusOr<BeaconSender::Options> BeaconOptions() {
  if (FLAGS_address.empty()) {
    return absl::InvalidArgumentError(
        "--address is required: the address under which the load balancers "
        "know this backend");
  }
  const absl::StatusOr<Ipv4Address> address = ParseHostAddress(FLAGS_address);
  if (!address.ok()) return Annotate(address.status(), "--address");
  L275_RETURN_IF_ERROR(CheckRange("interval_ms", FLAGS_interval_ms, 10, 60000));
  L275_RETURN_IF_ERROR(
      CheckRange("service_port", FLAGS_service_port, 0, 65535));
  BeaconSender::Options options;
  options.address = *address;
  options.port = static_cast<uint16_t>(FLAGS_service_port);
  options.interval = milliseconds(FLAGS_interval_ms);
  return options;
}

absl::StatusOr<BeaconSigner::Options> SignerOptions(Ipv4Address address) {
  if (FLAGS_key_file.empty() && !FLAGS_insecure_beacons) {
    return absl::InvalidArgumentError(
        "--key_file is required: the key that signs beacons; or "
        "--insecure_beacons to send them without one");
  }
  if (!FLAGS_key_file.empty() && FLAGS_insecure_beacons) {
    return absl::InvalidArgumentError(
        "--insecure_beacons: expected no --key_file beside it");
  }
  if (FLAGS_key_file.empty() && FLAGS_key_id != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--key_id=", FLAGS_key_id, ": expected a --key_file to look in"));
  }
  return BeaconSigner::Options{FLAGS_key_file, FLAGS_key_id, address};
}

absl::StatusOr<HealthChecks::Options> CheckOptions() {
  L275_RETURN_IF_ERROR(
      CheckRange("check_interval_ms", FLAGS_check_interval_ms, 10, 60000));
  L275_RETURN_IF_ERROR(
      CheckRange("check_timeout_ms", FLAGS_check_timeout_ms, 10, 60000));
  L275_RETURN_IF_ERROR(CheckRange("rise", FLAGS_rise, 1, 100));
  L275_RETURN_IF_ERROR(CheckRange("fall", FLAGS_fall, 1, 100));
  for (const char c : FLAGS_check_host) {
    if (!absl::ascii_isgraph(c)) {
      return absl::InvalidArgumentError(
          "--check_host: a character that no host has; expected one like "
          "www.example.org");
    }
  }
  HealthChecks::Options options;
  absl::StatusOr<std::vector<CheckSpec>> checks = ParseChecks(FLAGS_check);
  if (!checks.ok()) return Annotate(checks.status(), "--check");
  options.checks = *std::move(checks);
  options.host = FLAGS_check_host;
  options.repeat.interval = milliseconds(FLAGS_check_interval_ms);
  options.repeat.timeout = milliseconds(FLAGS_check_timeout_ms);
  options.repeat.judge = {FLAGS_rise, FLAGS_fall};
  return options;
}

absl::Status SetWeight(Healthbeacon::Options* options) {
  L275_RETURN_IF_ERROR(
      CheckRange("weight", FLAGS_weight, 0, BeaconMessage::kMaxWeight));
  const auto weight = gflags::GetCommandLineFlagInfoOrDie("weight");
  if (!FLAGS_weight_file.empty() &&
      weight.current_value != weight.default_value) {
    return absl::InvalidArgumentError(
        "--weight_file: expected no --weight beside it");
  }
  options->weight = static_cast<uint16_t>(FLAGS_weight);
  options->weight_file = FLAGS_weight_file;
  L275_RETURN_IF_ERROR(
      CheckRange("load_feedback_floor", FLAGS_load_feedback_floor, 1, 100));
  if (FLAGS_load_feedback.empty()) return absl::OkStatus();
  if (FLAGS_load_feedback != "cpu") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--load_feedback=", FLAGS_load_feedback, ": expected cpu"));
  }
  options->load_feedback_floor = FLAGS_load_feedback_floor;
  return absl::OkStatus();
}

std::string StateFile() {
  if (!FLAGS_state_file.empty()) return FLAGS_state_file;
  return absl::StrCat("/var/lib/l275/healthbeacon-", FLAGS_address, "-",
                      FLAGS_service_port, ".epoch");
}

absl::StatusOr<Healthbeacon::Options> ParseOptions() {
  Healthbeacon::Options options;
  L275_ASSIGN_OR_RETURN(options.multicast, MulticastOptions());
  L275_ASSIGN_OR_RETURN(options.beacon, BeaconOptions());
  L275_ASSIGN_OR_RETURN(options.checks, CheckOptions());
  L275_RETURN_IF_ERROR(SetWeight(&options));
  L275_ASSIGN_OR_RETURN(options.signer, SignerOptions(options.beacon.address));
  options.state_file = StateFile();
  return options;
}

void LogConfiguration(const Healthbeacon& beacon) {
  const Healthbeacon::Options& options = beacon.options();
  LOG(INFO) << DescribeBeacons(options, beacon.key_id());
  if (options.checks.checks.empty()) {
    LOG(WARNING) << DescribeChecks(options.checks);
  } else {
    LOG(INFO) << DescribeChecks(options.checks);
  }
}

absl::Status Reload(const std::vector<std::string>& arguments,
                    Healthbeacon* beacon) {
  L275_ASSIGN_OR_RETURN(const std::vector<std::string> flags,
                        GatherFlags(arguments));
  L275_RETURN_IF_ERROR(SetFlags(kThisFile, flags));
  L275_ASSIGN_OR_RETURN(const Healthbeacon::Options options, ParseOptions());
  return beacon->Reload(options);
}

void ReloadAndLog(const std::vector<std::string>& arguments,
                  Healthbeacon* beacon) {
  const absl::Status reloaded = Reload(arguments, beacon);
  if (!reloaded.ok()) {
    LOG(ERROR) << "SIGHUP: nothing changed: " << reloaded.message();
    return;
  }
  LOG(INFO) << "SIGHUP: read everything again";
  LogConfiguration(*beacon);
}

absl::Status Run(const std::vector<std::string>& arguments) {
  L275_ASSIGN_OR_RETURN(const Healthbeacon::Options options, ParseOptions());
  RouteLibeventLog();
  const EventBasePtr base(event_base_new());
  if (!base) return absl::InternalError("event_base_new() failed");
  std::unique_ptr<Healthbeacon> beacon;  // exists when the loop runs
  int ended_by = 0;                      // the signal
  const auto end = [&base, &ended_by](int signal_number) {
    ended_by = signal_number;
    event_base_loopbreak(base.get());
  };
  // From here on a signal waits for the loop: it never ends a start halfway.
  const SignalWatch signals[] = {
      {base.get(), SIGTERM, [&end] { end(SIGTERM); }},
      {base.get(), SIGINT, [&end] { end(SIGINT); }},
      {base.get(), SIGHUP, [&] { ReloadAndLog(arguments, beacon.get()); }},
      {base.get(), SIGUSR1, [&beacon] { beacon->Drain(); }},
      {base.get(), SIGUSR2, [&beacon] { beacon->EndDrain(); }},
  };
  signal(SIGPIPE, SIG_IGN);
  L275_ASSIGN_OR_RETURN(beacon, Healthbeacon::Create(base.get(), options));
  if (FLAGS_insecure_beacons) {
    LOG(WARNING) << "--insecure_beacons: anybody on the network of "
                 << FLAGS_interface << " can speak for this server";
  }
  LogConfiguration(*beacon);
  beacon->Start();
  sd_notify(0, absl::StrCat("READY=1\nSTATUS=", beacon->StatusText()).c_str());
  event_base_dispatch(base.get());
  sd_notify(0, "STOPPING=1");
  if (ended_by == SIGTERM) {
    LOG(INFO) << "SIGTERM: ending silently; load balancers take this server "
                 "out if no beacon follows within their --beacon_timeout_ms";
    return absl::OkStatus();
  }
  LOG(INFO) << "SIGINT: saying \"down\"; load balancers take this server out "
               "at once";
  beacon->SayDown([&base] { event_base_loopbreak(base.get()); });
  event_base_dispatch(base.get());
  return absl::OkStatus();
}

int Fail(const absl::Status& status) {
  std::cerr << "healthbeacon: " << status.message() << std::endl;
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace l275

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  absl::StatusOr<std::vector<std::string>> flags = l275::GatherFlags(arguments);
  if (!flags.ok()) return l275::Fail(flags.status());
  std::vector<char*> expanded = {argv[0]};
  for (std::string& flag : *flags) expanded.push_back(flag.data());
  expanded.push_back(nullptr);
  l275::ParseProgramFlags(l275::kUsage, l275::kThisFile,
                          static_cast<int>(expanded.size()) - 1,
                          expanded.data());
  const absl::Status status = l275::Run(arguments);
  return status.ok() ? EXIT_SUCCESS : l275::Fail(status);
}
