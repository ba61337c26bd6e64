#include "lb/cli/command_lookup.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/os/status_util.h"
#include "lb/cli/command_line.h"
#include "lb/cli/command_table.h"

namespace l275 {
namespace {

using Words = std::vector<std::string>;

// Whether the shorter one begins the longer one.
bool SharePrefix(const Words& a, const Words& b) {
  const auto size = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
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

// Levenshtein's: inserted, deleted and replaced characters.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// ", did you mean "backend"?" for "bakend"; empty when nothing is near.
std::string DidYouMean(const std::string& word) {
  constexpr size_t kNear = 2;
  size_t nearest = kNear + 1;
  std::string meant;
  for (const Command& command : Commands()) {
    const size_t distance = EditDistance(word, command.name[0]);
    if (distance >= std::min(nearest, word.size())) continue;
    nearest = distance;
    meant = command.name[0];
  }
  return meant.empty() ? "" : absl::StrCat(", did you mean \"", meant, "\"?");
}

absl::Status UnknownCommand(const Words& words) {
  if (words.empty()) return SeeHelp("no command given", "");
  const std::vector<const Command*> group = CommandsOf({words[0]});
  if (group.empty()) {
    return SeeHelp(absl::StrCat("unknown command \"", words[0], "\"",
                                DidYouMean(words[0])),
                   "");
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
  Words arguments(
      words.begin() + static_cast<std::ptrdiff_t>(command->name.size()),
      words.end());
  L275_RETURN_IF_ERROR(CheckArguments(*command, arguments));
  L275_RETURN_IF_ERROR(CheckFlags(*command, flags));
  return CommandCall{command, std::move(arguments)};
}

}  // namespace l275
