#include "lb/cli/help.h"

#include <gflags/gflags.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lb/cli/command_line.h"
#include "lb/cli/command_table.h"
#include "lb/cli/table_printer.h"

namespace l275 {
namespace {

using Align = TablePrinter::Align;

TablePrinter TwoColumns() {
  return TablePrinter(std::vector<Align>{Align::kLeft, Align::kLeft});
}

// "apply -f FILE". The overview has no room for what can be left out.
std::string Syntax(const Command& command, bool with_optional_flags) {
  std::string syntax = command.FullName();
  for (const std::string& argument : command.arguments) {
    absl::StrAppend(&syntax, " ", argument);
  }
  for (const FlagUse& flag : command.flags) {
    const bool is_optional = flag.syntax[0] == '[';
    if (is_optional && !with_optional_flags) continue;
    absl::StrAppend(&syntax, " ", flag.syntax);
  }
  return syntax;
}

std::string FlagText(const std::string& flag) {
  const gflags::CommandLineFlagInfo info =
      gflags::GetCommandLineFlagInfoOrDie(flag.c_str());
  if (info.type == "bool" || info.default_value.empty() ||
      info.default_value == "0") {
    return info.description;
  }
  return absl::StrCat(info.description, " (default ", info.default_value, ")");
}

void AddFlag(const std::string& flag, TablePrinter* table) {
  table->AddRow({absl::StrCat("  ", Dashed(flag)), FlagText(flag)});
}

std::string FlagsText(const Command& command) {
  TablePrinter table = TwoColumns();
  for (const FlagUse& flag : command.flags) AddFlag(flag.name, &table);
  return table.ToString();
}

std::string GlobalFlagsText() {
  TablePrinter table = TwoColumns();
  for (absl::string_view flag : kGlobalFlags) {
    AddFlag(std::string(flag), &table);
  }
  return absl::StrCat("Flags of every command:\n", table.ToString());
}

std::string ExamplesText(const Command& command) {
  std::string text;
  for (const std::string& example : command.examples) {
    absl::StrAppend(&text, "  lbctl ", example, "\n");
  }
  return text;
}

std::string CommandHelp(const Command& command) {
  std::string text = absl::StrCat("lbctl ", Syntax(command, true), "\n  ",
                                  command.summary, "\n");
  if (!command.flags.empty()) {
    absl::StrAppend(&text, "\nFlags:\n", FlagsText(command));
  }
  absl::StrAppend(&text, "\nExamples:\n", ExamplesText(command));
  return text;
}

}  // namespace

std::string OverviewHelp() {
  TablePrinter commands = TwoColumns();
  for (const Command& command : Commands()) {
    commands.AddRow(
        {absl::StrCat("  ", Syntax(command, false)), command.summary});
  }
  return absl::StrCat(
      "lbctl shows and changes what the load balancer's agent does.\n\n"
      "Usage: lbctl COMMAND [ARGUMENTS] [FLAGS]\n\nCommands:\n",
      commands.ToString(), "\n", GlobalFlagsText(),
      "\nExamples:\n"
      "  lbctl service add tcp:10.0.0.200:80 "
      "--backends=10.0.0.101,10.0.0.102@50\n"
      "  lbctl backend disable 10.0.0.101\n"
      "  lbctl explain 10.0.0.1:40000 10.0.0.200:80\n"
      "  lbctl export > services.conf && lbctl apply -f services.conf\n"
      "\n\"lbctl COMMAND --help\" says more about one.\n"
      "Exit code: 0 done, 2 wrong usage, 1 anything else that went wrong.\n");
}

std::string CommandsHelp(const std::vector<const Command*>& commands) {
  return absl::StrCat(
      absl::StrJoin(commands, "\n",
                    [](std::string* out, const Command* command) {
                      out->append(CommandHelp(*command));
                    }),
      "\n", GlobalFlagsText());
}

}  // namespace l275
