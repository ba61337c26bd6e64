// lbctl: the operator's command line. Talks to lb_agent only, by its control
// API on a unix socket (common/control/control.proto).

#include <gflags/gflags.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/os/status_util.h"
#include "common/os/version.h"
#include "lb/cli/agent_client.h"
#include "lb/cli/command.h"
#include "lb/cli/command_line.h"
#include "lb/cli/command_lookup.h"
#include "lb/cli/help.h"

DEFINE_string(control_socket, "/run/l275/agent.sock",
              "path of the agent's unix socket");
DEFINE_string(output, "table", "\"table\" for people, \"json\" for programs");
DEFINE_uint32(timeout_ms, 5000,
              "how long to wait for the agent's answer, milliseconds");
DEFINE_string(service, "", "the service meant, like tcp:10.0.0.200:80");
DEFINE_string(backends, "",
              "the service's first backends, ADDRESS[@WEIGHT] with commas "
              "between; weight 0 to 65535, 100 when left out");
DEFINE_uint32(table_size, 0,
              "slots of the service's table, a prime; the agent's --table_size "
              "when left out");
DEFINE_string(
    deadline, "",
    "when a drain ends, from now on: 10m, 1h30m; never when left out");
DEFINE_bool(all, false, "also the lines whose counter is 0");
DEFINE_string(bpffs_dir, "/sys/fs/bpf/l275",
              "where the agent pins its maps and programs");
DEFINE_uint32(static_for_s, 600,
              "for how many seconds a load balancer without an agent counts as "
              "ready");
DEFINE_bool(preferred, false,
            "fail also where a peer that is ready should rather have the VIP: "
            "without an agent for longer than --agentless_for_s, or while a "
            "service has no backend that frames reach");
DEFINE_uint32(agentless_for_s, 3,
              "for how many seconds a load balancer without an agent counts as "
              "preferred");
DEFINE_string(f, "", "file of services in protobuf text format; - is stdin");

DEFINE_bool(dry_run, false, "say what would change, and change nothing");
DEFINE_bool(allow_empty, false,
            "take a file without any service, which removes all of them");

namespace l275 {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2 };

absl::Status CheckGlobalFlags() {
  if (FLAGS_output != "table" && FLAGS_output != "json") {
    return UsageError(absl::StrCat("flag --output: \"", FLAGS_output,
                                   "\" is no format; expected table or json"));
  }
  if (FLAGS_timeout_ms == 0) {
    return UsageError("flag --timeout_ms: 0 ms is no time to wait");
  }
  if (FLAGS_control_socket.size() >= sizeof(sockaddr_un::sun_path)) {
    return UsageError(
        absl::StrCat("flag --control_socket: a unix socket's path has at most ",
                     sizeof(sockaddr_un::sun_path) - 1, " bytes, not ",
                     FLAGS_control_socket.size()));
  }
  return absl::OkStatus();
}

Options OptionsOfFlags() {
  Options options;
  options.json = FLAGS_output == "json";
  options.service = FLAGS_service;
  options.backends = FLAGS_backends;
  options.table_size = FLAGS_table_size;
  options.all = FLAGS_all;
  options.deadline = FLAGS_deadline;
  options.file = FLAGS_f;
  options.dry_run = FLAGS_dry_run;
  options.allow_empty = FLAGS_allow_empty;
  options.bpffs_dir = FLAGS_bpffs_dir;
  options.static_for_s = FLAGS_static_for_s;
  options.preferred = FLAGS_preferred;
  options.agentless_for_s = FLAGS_agentless_for_s;
  return options;
}

absl::StatusOr<std::string> Help(const std::vector<std::string>& words) {
  if (words.empty()) return OverviewHelp();
  const std::vector<const Command*> commands = CommandsOf(words);
  if (!commands.empty()) return CommandsHelp(commands);
  return FindCommand(words, {}).status();
}

absl::StatusOr<std::string> RunCommand(const CommandLine& line) {
  L275_ASSIGN_OR_RETURN(CommandCall call, FindCommand(line.words, line.flags));
  L275_RETURN_IF_ERROR(CheckGlobalFlags());
  const Options options = OptionsOfFlags();
  const AgentClient agent(FLAGS_control_socket, FLAGS_timeout_ms);
  return call.command->run({agent, options, std::move(call.arguments)});
}

// What goes to stdout.
absl::StatusOr<std::string> Run(const std::vector<std::string>& arguments) {
  L275_ASSIGN_OR_RETURN(const CommandLine line,
                        ParseCommandLine(arguments, FlagsOfCommands()));
  if (line.help) return Help(line.words);
  if (!line.words.empty() && line.words[0] == "help") {
    return Help({line.words.begin() + 1, line.words.end()});
  }
  if (line.version) return absl::StrCat("lbctl ", kVersion, "\n");
  return RunCommand(line);
}

ExitCode Fail(const absl::Status& status) {
  std::fprintf(stderr, "lbctl: %s\n", std::string(status.message()).c_str());
  return IsUsageError(status) ? kWrongUsage : kFailed;
}

// A full disk behind `lbctl export > file` must not look like success.
ExitCode Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return kDone;
  return Fail(ErrnoStatus(errno, "cannot write to stdout"));
}

int Main(int argc, char** argv) {
  const absl::StatusOr<std::string> text =
      Run(std::vector<std::string>(argv + 1, argv + argc));
  return text.ok() ? Print(*text) : Fail(text.status());
}

}  // namespace
}  // namespace l275

int main(int argc, char** argv) { return l275::Main(argc, argv); }
