#include "common/testing/test_namespace.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <net/if.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace l275 {
namespace {

constexpr char kIp[] = "/bin/ip";
constexpr char kNeedsRoot[] =
    "this test makes network namespaces and has to be run as root, outside of "
    "a sandbox";

UniqueFd OpenCurrent() {
  UniqueFd fd(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  PCHECK(fd);
  return fd;
}

using FilePtr = std::unique_ptr<FILE, int (*)(FILE*)>;

FilePtr TemporaryFile() {
  FilePtr file(tmpfile(), fclose);
  PCHECK(file != nullptr);
  return file;
}

// Runs ip(8) in the thread's namespace. Returns its exit code.
int RunIp(absl::string_view arguments, int input, int output) {
  std::vector<std::string> words =
      absl::StrSplit(arguments, ' ', absl::SkipEmpty());
  std::vector<char*> argv = {const_cast<char*>(kIp)};
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t pid = 0;
  CHECK_EQ(posix_spawn(&pid, kIp, &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  PCHECK(waitpid(pid, &status, 0) == pid);
  return status;
}

}  // namespace

TestNamespace::TestNamespace() {
  const UniqueFd outside = OpenCurrent();
  PCHECK(unshare(CLONE_NEWNET) == 0) << kNeedsRoot;
  fd_ = OpenCurrent();
  PCHECK(setns(outside.get(), CLONE_NEWNET) == 0) << kNeedsRoot;
  Ip("link set lo up");
}

TestNamespace::Scope::Scope(const TestNamespace& inside)
    : outside_(OpenCurrent()) {
  PCHECK(setns(inside.fd_.get(), CLONE_NEWNET) == 0);
}

TestNamespace::Scope::~Scope() {
  PCHECK(setns(outside_.get(), CLONE_NEWNET) == 0);
}

void TestNamespace::Ip(absl::string_view arguments) const {
  const Scope scope(*this);
  CHECK_EQ(RunIp(arguments, STDIN_FILENO, STDERR_FILENO), 0)
      << "ip " << arguments;
}

void TestNamespace::IpBatch(const std::string& commands) const {
  const FilePtr file = TemporaryFile();
  fputs(commands.c_str(), file.get());
  rewind(file.get());
  const Scope scope(*this);
  CHECK_EQ(RunIp("-force -batch -", fileno(file.get()), STDERR_FILENO), 0);
}

void TestNamespace::SetSysctl(absl::string_view name,
                              absl::string_view value) const {
  const Scope scope(*this);
  const std::string path = absl::StrCat("/proc/sys/net/", name);
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  PCHECK(fd && write(fd.get(), value.data(), value.size()) ==
                   static_cast<ssize_t>(value.size()))
      << path;
}

std::string TestNamespace::NeighbourText(absl::string_view address) const {
  const FilePtr file = TemporaryFile();
  const Scope scope(*this);
  CHECK_EQ(RunIp(absl::StrCat("neigh show ", address), STDIN_FILENO,
                 fileno(file.get())),
           0);
  rewind(file.get());
  char text[1000];
  return std::string(text, fread(text, 1, sizeof(text), file.get()));
}

void TestNamespace::Connect(absl::string_view name, const TestNamespace& peer,
                            absl::string_view peer_name) const {
  Ip(absl::StrCat("link add ", name, " type veth peer name ", peer_name,
                  " netns ", peer.Path()));
  Ip(absl::StrCat("link set ", name, " up"));
  peer.Ip(absl::StrCat("link set ", peer_name, " up"));
}

MacAddress TestNamespace::MacOf(const std::string& interface) const {
  const Scope scope(*this);
  const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  interface.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  PCHECK(ioctl(fd.get(), SIOCGIFHWADDR, &request) == 0) << interface;
  MacAddress mac;
  std::memcpy(mac.data(), request.ifr_hwaddr.sa_data, mac.size());
  return mac;
}

std::string TestNamespace::Path() const {
  return absl::StrCat("/proc/", getpid(), "/fd/", fd_.get());
}

}  // namespace l275
