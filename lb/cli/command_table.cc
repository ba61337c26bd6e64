#include "lb/cli/command_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_util.h"
#include "lb/cli/command_line.h"
#include "lb/cli/commands_backend.h"
#include "lb/cli/commands_config.h"
#include "lb/cli/commands_explain.h"
#include "lb/cli/commands_service.h"
#include "lb/cli/commands_status.h"

namespace l275 {
namespace {

using Words = std::vector<std::string>;

std::vector<Command> MakeCommands() {
  const FlagUse service = {"service", "[--service=tcp:VIP:PORT]"};
  const FlagUse backends = {"backends", "[--backends=ADDRESS[@WEIGHT],...]"};
  const FlagUse table_size = {"table_size", "[--table_size=SLOTS]"};
  const FlagUse all = {"all", "[--all]"};
  const FlagUse file = {"f", "-f FILE"};
  return {
      {{"status"},
       {},
       {},
       "show the agent, its interfaces and totals",
       {"status", "status --output=json"},
       &Status},
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
       "let a disabled backend get flows again",
       {"backend enable 10.0.0.104"},
       &BackendEnable},
      {{"backend", "disable"},
       {"ADDRESS"},
       {service},
       "keep a backend in the configuration, but give it no flows",
       {"backend disable 10.0.0.104",
        "backend disable 10.0.0.104 --service=tcp:10.0.0.200:80"},
       &BackendDisable},
      {{"backend", "weight"},
       {"ADDRESS", "WEIGHT"},
       {service},
       "set a backend's share of new flows, 0 to 65535",
       {"backend weight 10.0.0.104 50"},
       &BackendWeight},
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
       {file},
       "make the services those of a file, as one change",
       {"apply -f services.conf", "export | sed s/101/102/ | lbctl apply -f -"},
       &Apply},
      {{"export"},
       {},
       {},
       "print the services as \"apply\" and --services_file take them",
       {"export > services.conf", "export --output=json"},
       &Export},
  };
}

// Whether the shorter one begins the longer one.
bool SharePrefix(const Words& a, const Words& b) {
  const size_t size = std::min(a.size(), b.size());
  return std::equal(a.begin(), a.begin() + size, b.begin());
}

absl::Status SeeHelp(absl::string_view message, absl::string_view of) {
  return UsageError(absl::StrCat(message, "; see lbctl ", of,
                                 of.empty() ? "" : " ", "--help"));
}

// "service list, service show, ...": what could have been meant.
std::string Names(const std::vector<const Command*>& commands) {
  return absl::StrJoin(commands, ", ",
                       [](std::string* out, const Command* command) {
                         out->append(command->FullName());
                       });
}

absl::Status UnknownCommand(const Words& words) {
  if (words.empty()) return SeeHelp("no command given", "");
  const std::vector<const Command*> group = CommandsOf({words[0]});
  if (group.empty()) {
    return SeeHelp(absl::StrCat("unknown command \"", words[0], "\""), "");
  }
  const std::string got =
      words.size() == 1 ? words[0] : absl::StrCat(words[0], " ", words[1]);
  return SeeHelp(absl::StrCat("\"", got, "\" is no command; expected one of: ",
                              Names(group)),
                 words[0]);
}

absl::StatusOr<const Command*> FindByName(const Words& words) {
  for (const Command* command : CommandsOf(words)) {
    if (command->name.size() <= words.size()) return command;
  }
  return UnknownCommand(words);
}

absl::Status CheckArguments(const Command& command, const Words& arguments) {
  if (arguments.size() == command.arguments.size()) return absl::OkStatus();
  const std::string takes = command.arguments.empty()
                                ? "no argument"
                                : absl::StrJoin(command.arguments, " ");
  const std::string got =
      arguments.empty()
          ? "none"
          : absl::StrCat("\"", absl::StrJoin(arguments, " "), "\"");
  return SeeHelp(
      absl::StrCat(command.FullName(), " takes ", takes, ", got ", got),
      command.FullName());
}

bool Takes(const Command& command, const std::string& flag) {
  return absl::c_linear_search(kGlobalFlags, flag) ||
         absl::c_any_of(command.flags,
                        [&](const FlagUse& use) { return use.name == flag; });
}

absl::Status CheckFlags(const Command& command,
                        const std::set<std::string>& flags) {
  for (const std::string& flag : flags) {
    if (Takes(command, flag)) continue;
    return SeeHelp(
        absl::StrCat(command.FullName(), " takes no flag ", Dashed(flag)),
        command.FullName());
  }
  return absl::OkStatus();
}

}  // namespace

const std::vector<Command>& Commands() {
  static const auto& commands = *new std::vector<Command>(MakeCommands());
  return commands;
}

std::set<std::string> FlagsOfCommands() {
  std::set<std::string> flags(std::begin(kGlobalFlags), std::end(kGlobalFlags));
  for (const Command& command : Commands()) {
    for (const FlagUse& use : command.flags) flags.insert(use.name);
  }
  return flags;
}

std::vector<const Command*> CommandsOf(const Words& words) {
  std::vector<const Command*> commands;
  for (const Command& command : Commands()) {
    if (SharePrefix(command.name, words)) commands.push_back(&command);
  }
  return commands;
}

absl::StatusOr<CommandCall> FindCommand(const Words& words,
                                        const std::set<std::string>& flags) {
  L275_ASSIGN_OR_RETURN(const Command* command, FindByName(words));
  Words arguments(words.begin() + command->name.size(), words.end());
  L275_RETURN_IF_ERROR(CheckArguments(*command, arguments));
  L275_RETURN_IF_ERROR(CheckFlags(*command, flags));
  return CommandCall{command, std::move(arguments)};
}

}  // namespace l275
