// healthbeacon: multicasts a web server's state to the load balancers.

#include <event2/event.h>
#include <gflags/gflags.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/ipv4_address.h"
#include "common/libevent_ptr.h"
#include "common/program_flags.h"
#include "common/status_util.h"
#include "web/healthbeacon/beacon_sender.h"
#include "web/healthbeacon/multicast_sender.h"

DEFINE_string(address, "",
              "The address under which the load balancers know this backend, "
              "for example 10.0.0.101. Required.");
DEFINE_string(group, "239.0.0.1", "The multicast group to send to.");
DEFINE_string(interface, "",
              "The interface to send on, for example eth2. Required. It has to "
              "exist at the start; later it may go away and come back.");
DEFINE_int32(interval_ms, 100,
             "Milliseconds between two beacons, 10 to 60000, with a jitter of "
             "10 % to either side. At most a third of the load balancers' "
             "--beacon_timeout_ms.");
DEFINE_int32(port, 4242, "The UDP port to send to, 1 to 65535.");

namespace l275 {
namespace {

constexpr char kUsage[] =
    "multicasts a web server's state to the load balancers, until SIGTERM or "
    "SIGINT, which sends a last \"down\".\n"
    "Example: healthbeacon --interface=eth2 --address=10.0.0.101\n"
    "Exit code 1 for flags that are wrong, 2 for arguments other than flags.";

absl::Status InvalidFlag(absl::string_view flag, int value,
                         absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, "=", value, ": expected ", expected));
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
  if (FLAGS_port < 1 || FLAGS_port > 65535) {
    return InvalidFlag("port", FLAGS_port, "1 to 65535");
  }
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
  if (FLAGS_interval_ms < 10 || FLAGS_interval_ms > 60000) {
    return InvalidFlag("interval_ms", FLAGS_interval_ms, "10 to 60000");
  }
  BeaconSender::Options options;
  options.address = *address;
  options.interval = std::chrono::milliseconds(FLAGS_interval_ms);
  options.epoch = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::system_clock::now().time_since_epoch())
          .count());
  return options;
}

// There is nothing to check yet: a server that runs is up.
BeaconMessage::State AlwaysUp() { return BeaconMessage::State::kUp; }

absl::StatusOr<EventPtr> OnSignal(event_base* base, int number) {
  EventPtr signal(evsignal_new(
      base, number,
      [](evutil_socket_t, short, void* loop) {
        event_base_loopbreak(static_cast<event_base*>(loop));
      },
      base));
  if (signal && evsignal_add(signal.get(), nullptr) == 0) return signal;
  return absl::InternalError(absl::StrCat("evsignal_new(", number, ") failed"));
}

absl::Status Run() {
  L275_ASSIGN_OR_RETURN(const auto multicast_options, MulticastOptions());
  L275_ASSIGN_OR_RETURN(const auto options, BeaconOptions());
  absl::StatusOr<MulticastSender> multicast =
      MulticastSender::Create(multicast_options);
  if (!multicast.ok()) return Annotate(multicast.status(), "--interface");

  const EventBasePtr base(event_base_new());
  if (!base) return absl::InternalError("event_base_new() failed");
  L275_ASSIGN_OR_RETURN(const EventPtr term, OnSignal(base.get(), SIGTERM));
  L275_ASSIGN_OR_RETURN(const EventPtr interrupt, OnSignal(base.get(), SIGINT));
  BeaconSender sender(base.get(), options, *std::move(multicast), AlwaysUp);
  sender.Start();
  sd_notify(0, "READY=1");
  event_base_dispatch(base.get());
  sd_notify(0, "STOPPING=1");
  sender.Stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace l275

int main(int argc, char** argv) {
  l275::ParseProgramFlags(l275::kUsage, "web/healthbeacon/main.cc", argc, argv);
  const absl::Status status = l275::Run();
  if (status.ok()) return EXIT_SUCCESS;
  std::cerr << "healthbeacon: " << status.message() << std::endl;
  return EXIT_FAILURE;
}
