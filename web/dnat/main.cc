// dnat: installs, shows, checks and removes a web server's rules for the VIPs
// that load balancers send to it. See docs/dnat.md.

#include <gflags/gflags.h>
#include <glog/logging.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/net/ipv4_address.h"
#include "common/os/status_util.h"
#include "common/os/version.h"
#include "web/dnat/commands.h"
#include "web/dnat/keep.h"
#include "web/dnat/nat_rule.h"

DEFINE_string(service, "",
              "services, a comma list like tcp:10.0.0.200:80; port 0 is all "
              "ports of the VIP (no default)");
DEFINE_string(local, "",
              "this host's addresses that the services are served at, a comma "
              "list like 10.0.0.101 (the service's own port) or "
              "10.0.0.101:8080; one for all services, or one for each in the "
              "same order (no default)");
DEFINE_string(interface, "",
              "interfaces that the services' packets come in on, a comma list; "
              "one for all services, or one for each (no default)");
DEFINE_int32(mss, 0,
             "the largest TCP segment of the services' connections, in bytes; "
             "0: no limit");
DEFINE_string(client, "",
              "the address of a client, like 10.5.0.2, whose route check looks "
              "up (no default)");
DEFINE_string(output, "table", "what show prints: table or json");

DECLARE_bool(help);
DECLARE_bool(helpshort);

namespace google {
// gflags ends the process itself when it meets a wrong flag; this is its hook
// for the way it does. Exported by the library, declared in no header of it.
extern void (*gflags_exitfunc)(int);
}  // namespace google

namespace l275 {
namespace {

constexpr int kWrongUsage = 2;

constexpr char kUsage[] =
    R"(Usage: dnat COMMAND [FLAGS]

Rewrites the destination of packets to a VIP to this web server's own address,
and the source of the answers back to the VIP. All rules live in the nftables
table "ip l275_dnat"; no other table is touched.

Commands:
  apply   make the table hold exactly the services asked for; connections stay
  keep    apply, and stay: restore the rules when another process changes or
          removes them (nft flush ruleset); the rules stay when it is stopped
  check   compare the table with the services asked for, and look whether the
          host is as they need it: exit code 1 and a line for each thing that
          loses traffic, also a line for each warning
  show    print the installed services
  remove  remove the table

Flags of apply, keep and check, comma lists that pair up by position:
  --service=tcp:10.0.0.200:80  PROTOCOL:VIP:PORT; port 0 is all ports
  --local=10.0.0.101[:8080]    one for all services or one for each; without a
                               port the service keeps its own
  --interface=eth1             one for all services or one for each
  --mss=1360                   lower the MSS of the services' connections to so
                               many bytes, for clients behind narrower paths;
                               one for all services (no default: no limit)
Flags of check:
  --client=10.5.0.2            look up the route to this client too
Flags of show:
  --output=table               table or json

Exit codes: 0 success, 1 failure or a difference, 2 wrong usage.

Examples:
  dnat apply --service=tcp:10.0.0.200:80 --local=10.0.0.101 --interface=eth1
  dnat apply --service=tcp:10.0.0.200:80,tcp:10.0.0.200:443 \
      --local=10.0.0.101:8080,10.0.0.101:8443 --interface=eth1
  dnat apply --service=tcp:10.0.0.200:80 --local=10.0.0.101 --interface=eth1 \
      --mss=1360
  dnat check --service=tcp:10.0.0.200:80 --local=10.0.0.101 --interface=eth1
  dnat show --output=json
  dnat remove
)";

constexpr const char* kOwnFlags[] = {"service", "local",  "interface",
                                     "mss",     "client", "output"};

int Refuse(absl::string_view why) {
  std::fprintf(stderr, "dnat: %s\n", std::string(why).c_str());
  return kWrongUsage;
}

// A flag of ours that is given more than once; gflags would quietly take the
// last. Empty when none is.
std::string RepeatedFlag(int argc, char** argv) {
  for (std::string name : kOwnFlags) {
    int times = 0;
    for (int i = 1; i < argc; ++i) {
      absl::string_view word = argv[i];
      if (!absl::ConsumePrefix(&word, "-")) continue;
      absl::ConsumePrefix(&word, "-");
      times += word == name || absl::StartsWith(word, absl::StrCat(name, "="));
    }
    if (times > 1) return name;
  }
  return "";
}

bool IsGiven(const std::string& flag) {
  return !gflags::GetCommandLineFlagInfoOrDie(flag.c_str()).is_default;
}

// A flag of ours that is given but none of `taken`. Empty when there is none.
std::string StrayFlag(const std::vector<std::string>& taken) {
  for (std::string flag : kOwnFlags) {
    const bool used =
        std::find(taken.begin(), taken.end(), flag) != taken.end();
    if (!used && IsGiven(flag)) return flag;
  }
  return "";
}

absl::StatusOr<uint16_t> AskedMss() {
  if (!IsGiven("mss")) return 0;
  if (FLAGS_mss < NatRule::kLeastMss || FLAGS_mss > NatRule::kLargestMss) {
    return absl::InvalidArgumentError(
        absl::StrCat("--mss=", FLAGS_mss, ": expected ", NatRule::kLeastMss,
                     " to ", NatRule::kLargestMss, " bytes"));
  }
  return static_cast<uint16_t>(FLAGS_mss);
}

absl::StatusOr<std::vector<NatRule>> AskedRules() {
  for (const char* flag : {"service", "local", "interface"}) {
    if (IsGiven(flag)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--", flag, " is missing; dnat --help shows examples"));
  }
  L275_ASSIGN_OR_RETURN(const uint16_t mss, AskedMss());
  return ParseNatRules(FLAGS_service, FLAGS_local, FLAGS_interface, mss);
}

int RunWithRules(int (*command)(const std::vector<NatRule>&)) {
  const absl::StatusOr<std::vector<NatRule>> rules = AskedRules();
  if (!rules.ok()) return Refuse(rules.status().message());
  return command(*rules);
}

int RunCheck() {
  std::optional<Ipv4Address> client;
  if (IsGiven("client")) {
    const absl::StatusOr<Ipv4Address> parsed = ParseHostAddress(FLAGS_client);
    if (!parsed.ok()) {
      return Refuse(absl::StrCat("--client: ", parsed.status().message()));
    }
    client = *parsed;
  }
  const absl::StatusOr<std::vector<NatRule>> rules = AskedRules();
  if (!rules.ok()) return Refuse(rules.status().message());
  return Check(*rules, client);
}

int RunShow() {
  if (FLAGS_output != "table" && FLAGS_output != "json") {
    return Refuse(
        absl::StrCat("--output=", FLAGS_output, ": expected table or json"));
  }
  return Show(FLAGS_output == "json");
}

struct CommandEntry {
  std::string name;
  std::vector<std::string> flags;
  int (*run)();
};

const std::vector<CommandEntry>& Commands() {
  static const auto* commands = new std::vector<CommandEntry>{
      {"apply",
       {"service", "local", "interface", "mss"},
       [] { return RunWithRules(Apply); }},
      {"keep",
       {"service", "local", "interface", "mss"},
       [] { return RunWithRules(Keep); }},
      {"check", {"service", "local", "interface", "mss", "client"}, RunCheck},
      {"show", {"output"}, RunShow},
      {"remove", {}, Remove},
  };
  return *commands;
}

int RunCommand(const std::string& name) {
  for (const CommandEntry& command : Commands()) {
    if (command.name != name) continue;
    const std::string stray = StrayFlag(command.flags);
    if (stray.empty()) return command.run();
    return Refuse(absl::StrCat(name, " takes no --", stray));
  }
  return Refuse(
      absl::StrCat("no command \"", name,
                   "\"; expected apply, keep, check, show or remove"));
}

int Main(int argc, char** argv) {
  const std::string repeated = RepeatedFlag(argc, argv);
  gflags::SetUsageMessage(kUsage);
  gflags::SetVersionString(kVersion);
  google::gflags_exitfunc = [](int) { std::exit(kWrongUsage); };
  gflags::ParseCommandLineNonHelpFlags(&argc, &argv, true);
  google::gflags_exitfunc = std::exit;
  if (FLAGS_help || FLAGS_helpshort) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  gflags::HandleCommandLineHelpFlags();

  if (argc < 2) {
    std::fputs(kUsage, stderr);
    return kWrongUsage;
  }
  if (argc > 2) {
    return Refuse(absl::StrCat("\"", argv[2], "\" after the command ", argv[1],
                               ": expected flags only"));
  }
  if (!repeated.empty()) {
    return Refuse(absl::StrCat("--", repeated,
                               " is given twice; expected one comma list"));
  }
  return RunCommand(argv[1]);
}

}  // namespace
}  // namespace l275

int main(int argc, char** argv) {
  FLAGS_logtostderr = true;
  google::InitGoogleLogging(argv[0]);
  return l275::Main(argc, argv);
}
