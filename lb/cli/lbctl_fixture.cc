#include "lb/cli/lbctl_fixture.h"

#include <glog/logging.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace l275 {
namespace {

// Bazel starts a test in the folder of its runfiles.
const std::string& Binary() {
  static const auto& path =
      *new std::string(std::filesystem::absolute("lb/cli/lbctl").string());
  return path;
}

// Relative, since the path of a unix socket is at most 107 bytes long and that
// of the test's own folder can be longer.
std::string MakeFolder() {
  CHECK(!Binary().empty());  // as long as the runfiles are where we are
  std::filesystem::current_path(::testing::TempDir());
  std::string path = "lbctl-XXXXXX";
  PCHECK(mkdtemp(path.data()) != nullptr);
  return path;
}

}  // namespace

LbctlFixture::LbctlFixture()
    : folder_(MakeFolder()), socket_(folder_ + "/s"), agent_(socket_) {}

LbctlFixture::~LbctlFixture() { std::filesystem::remove_all(folder_); }

ProgramResult LbctlFixture::Lbctl(const std::string& words_with_blanks,
                                  const std::string& input) {
  std::vector<std::string> arguments =
      absl::StrSplit(words_with_blanks, ' ', absl::SkipEmpty());
  arguments.insert(arguments.begin(),
                   absl::StrCat("--control_socket=", socket_));
  return LbctlAnywhere(arguments, input);
}

ProgramResult LbctlFixture::LbctlAnywhere(
    const std::vector<std::string>& arguments, const std::string& input) {
  std::vector<std::string> argv = {Binary()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return RunProgram(argv, input, folder_);
}

std::string LbctlFixture::OutputOf(const std::string& words,
                                   const std::string& input) {
  const ProgramResult result = Lbctl(words, input);
  EXPECT_EQ(result.exit_code, 0) << words;
  EXPECT_EQ(result.err, "") << words;
  return result.out;
}

}  // namespace l275
