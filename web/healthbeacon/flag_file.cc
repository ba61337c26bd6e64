#include "web/healthbeacon/flag_file.h"

#include <gflags/gflags.h>

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/os/read_file.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

// "name" of "-name", "--name" and "--name=value"; nullopt: it is no flag.
std::optional<std::string> NameOf(absl::string_view argument) {
  if (!absl::ConsumePrefix(&argument, "-")) return std::nullopt;
  absl::ConsumePrefix(&argument, "-");
  return std::string(argument.substr(0, argument.find('=')));
}

bool HasValue(absl::string_view argument) {
  return argument.find('=') != absl::string_view::npos;
}

absl::Status AppendFile(const std::string& path,
                        std::vector<std::string>* arguments) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return Annotate(text.status(), "--flagfile");
  int number = 0;
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    const std::optional<std::string> name = NameOf(line);
    if (!name.has_value() || name->empty() || *name == "flagfile") {
      return absl::InvalidArgumentError(
          absl::StrCat("--flagfile: ", path, ":", number, ": \"", line,
                       "\"; expected a flag like --weight=50, or # and a "
                       "comment"));
    }
    arguments->emplace_back(line);
  }
  return absl::OkStatus();
}

bool IsBoolean(const std::string& flag) {
  gflags::CommandLineFlagInfo info;
  return gflags::GetCommandLineFlagInfo(flag.c_str(), &info) &&
         info.type == "bool";
}

// gflags passes over unknown flags in texts.
bool IsKnown(const std::string& argument) {
  const std::optional<std::string> name = NameOf(argument);
  if (!name.has_value()) return false;
  gflags::CommandLineFlagInfo info;
  return gflags::GetCommandLineFlagInfo(name->c_str(), &info) ||
         (absl::StartsWith(*name, "no") && IsBoolean(name->substr(2)));
}

// gflags takes the value of "--port 80" from the next argument; a flag file
// has no next argument.
std::vector<std::string> JoinValues(const std::vector<std::string>& arguments) {
  std::vector<std::string> joined;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::optional<std::string> name = NameOf(arguments[i]);
    const bool takes_next = name.has_value() && !HasValue(arguments[i]) &&
                            !IsBoolean(*name) && i + 1 < arguments.size();
    joined.push_back(takes_next
                         ? absl::StrCat(arguments[i], "=", arguments[i + 1])
                         : arguments[i]);
    if (takes_next) ++i;
  }
  return joined;
}

void SetDefaults(const std::string& main_file) {
  std::vector<gflags::CommandLineFlagInfo> flags;
  gflags::GetAllFlags(&flags);
  for (const gflags::CommandLineFlagInfo& flag : flags) {
    if (flag.filename != main_file) continue;
    gflags::SetCommandLineOption(flag.name.c_str(), flag.default_value.c_str());
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ExpandFlagFiles(
    const std::vector<std::string>& arguments) {
  std::vector<std::string> expanded;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (NameOf(argument) != "flagfile") {
      expanded.push_back(argument);
    } else if (HasValue(argument)) {
      L275_RETURN_IF_ERROR(
          AppendFile(argument.substr(argument.find('=') + 1), &expanded));
    } else if (i + 1 < arguments.size()) {
      L275_RETURN_IF_ERROR(AppendFile(arguments[++i], &expanded));
    } else {
      return absl::InvalidArgumentError("--flagfile: expected a path");
    }
  }
  return expanded;
}

absl::Status SetFlags(const std::string& main_file,
                      const std::vector<std::string>& arguments) {
  SetDefaults(main_file);
  for (const std::string& argument : JoinValues(arguments)) {
    if (IsKnown(argument) &&
        gflags::ReadFlagsFromString(absl::StrCat(argument, "\n"),
                                    gflags::ProgramInvocationShortName(),
                                    /*errors_are_fatal=*/false)) {
      continue;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("\"", argument, "\" is no flag, or its value is wrong"));
  }
  return absl::OkStatus();
}

}  // namespace l275
