#include "lb/cli/run_program.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace l275 {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

pid_t Spawn(const std::vector<std::string>& argv, const std::string& in,
            const std::string& out, const std::string& err) {
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_t files;
  CHECK_EQ(posix_spawn_file_actions_init(&files), 0);
  posix_spawn_file_actions_addopen(&files, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, out.c_str(), kWrite, 0600);
  posix_spawn_file_actions_addopen(&files, 2, err.c_str(), kWrite, 0600);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  pid_t pid;
  CHECK_EQ(posix_spawn(&pid, arguments[0], &files, nullptr, arguments.data(),
                       environ),
           0)
      << argv[0];
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

}  // namespace

ProgramResult RunProgram(const std::vector<std::string>& argv,
                         const std::string& input, const std::string& folder) {
  const std::string in = folder + "/stdin";
  const std::string out = folder + "/stdout";
  const std::string err = folder + "/stderr";
  std::ofstream(in, std::ios::binary) << input;
  const pid_t pid = Spawn(argv, in, out, err);
  int status;
  PCHECK(TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) == pid);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, Contents(out),
          Contents(err)};
}

}  // namespace l275
