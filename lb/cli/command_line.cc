#include "lb/cli/command_line.h"

#include <gflags/gflags.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/os/status_util.h"

namespace l275 {
namespace {

// "--name=value", "--name" or "-name"; "-" alone is a word, and so is "-1".
bool IsFlag(absl::string_view argument) {
  return argument.size() > 1 && argument[0] == '-' &&
         !absl::ascii_isdigit(static_cast<unsigned char>(argument[1]));
}

bool IsBoolean(const std::string& name) {
  return gflags::GetCommandLineFlagInfoOrDie(name.c_str()).type == "bool";
}

// Consumes the arguments one by one.
class Parser {
 public:
  Parser(const std::vector<std::string>& arguments,
         const std::set<std::string>& known_flags)
      : next_(arguments.begin()),
        end_(arguments.end()),
        known_flags_(known_flags) {}

  absl::StatusOr<CommandLine> Parse() {
    while (next_ != end_) {
      const std::string& argument = *next_++;
      if (argument == "--") break;
      if (IsFlag(argument)) {
        L275_RETURN_IF_ERROR(ParseFlag(argument));
      } else {
        line_.words.push_back(argument);
      }
    }
    line_.words.insert(line_.words.end(), next_, end_);
    return std::move(line_);
  }

 private:
  absl::Status ParseFlag(absl::string_view argument) {
    absl::ConsumePrefix(&argument, "-");
    absl::ConsumePrefix(&argument, "-");
    // --dry-run is --dry_run.
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(argument, absl::MaxSplits('=', 1));
    const bool has_value = absl::StrContains(argument, '=');
    const std::string name = absl::StrReplaceAll(parts.first, {{"-", "_"}});
    return has_value ? Set(name, parts.second) : ParseFlagWithoutValue(name);
  }

  absl::Status ParseFlagWithoutValue(const std::string& name) {
    if (name == "help" || name == "h") {
      line_.help = true;
      return absl::OkStatus();
    }
    if (name == "version") {
      line_.version = true;
      return absl::OkStatus();
    }
    const std::string positive(absl::StripPrefix(name, "no"));
    if (!IsKnown(name) && IsKnown(positive) && IsBoolean(positive)) {
      return Set(positive, "false");
    }
    if (IsKnown(name) && IsBoolean(name)) return Set(name, "true");
    const bool has_value = IsKnown(name) && next_ != end_;
    return Set(name, has_value ? *next_++ : "");
  }

  absl::Status Set(const std::string& name, const std::string& value) {
    if (!IsKnown(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown flag ", Dashed(name), "; see lbctl --help"));
    }
    // An empty --service="$UNSET" must not mean every service.
    if (value.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("flag ", Dashed(name), " needs a value"));
    }
    // Returns an empty string when the value is not of the flag's type.
    if (gflags::SetCommandLineOption(name.c_str(), value.c_str()).empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("flag ", Dashed(name), ": \"", value, "\" is no ",
                       gflags::GetCommandLineFlagInfoOrDie(name.c_str()).type));
    }
    if (!line_.flags.insert(name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("flag ", Dashed(name), " is given twice"));
    }
    return absl::OkStatus();
  }

  bool IsKnown(const std::string& name) const {
    return known_flags_.count(name) > 0;
  }

  std::vector<std::string>::const_iterator next_;
  const std::vector<std::string>::const_iterator end_;
  const std::set<std::string>& known_flags_;
  CommandLine line_;
};

}  // namespace

std::string Dashed(const std::string& flag) {
  return absl::StrCat(flag.size() == 1 ? "-" : "--", flag);
}

absl::StatusOr<CommandLine> ParseCommandLine(
    const std::vector<std::string>& arguments,
    const std::set<std::string>& known_flags) {
  return Parser(arguments, known_flags).Parse();
}

}  // namespace l275
