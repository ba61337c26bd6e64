#include "lb/agent/api/unix_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

using ::testing::HasSubstr;

class UnixListenerTest : public ::testing::Test {
 protected:
  // Under /tmp, as a socket's path has 107 characters at most.
  UnixListenerTest() {
    char folder[] = "/tmp/l275-unix-listener-XXXXXX";
    EXPECT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    path_ = folder_ + "/agent.sock";
  }
  ~UnixListenerTest() override {
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }

  sockaddr_un Address() const {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, path_.size());
    return address;
  }

  UniqueFd Bind(int type) const {
    UniqueFd fd(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    const sockaddr_un address = Address();
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)),
              0);
    return fd;
  }

  bool CanConnect() const {
    const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = Address();
    return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)) == 0;
  }

  bool Exists() const { return access(path_.c_str(), F_OK) == 0; }

  void ExpectRefused(const std::string& message) const {
    const absl::Status status = UnixListener::Create(path_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(status.message(), message);
    EXPECT_TRUE(Exists()) << "what is another\'s was unlinked";
  }

  std::string folder_;
  std::string path_;
};

TEST_F(UnixListenerTest, ListensForOwnerAndGroupAndCleansUp) {
  {
    const absl::StatusOr<UnixListener> listener = UnixListener::Create(path_);
    ASSERT_TRUE(listener.ok()) << listener.status();
    EXPECT_TRUE(CanConnect());
    struct stat info;
    ASSERT_EQ(stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0660u);
  }
  EXPECT_FALSE(Exists());
}

TEST_F(UnixListenerTest, RefusesALiveListener) {
  const absl::StatusOr<UnixListener> first = UnixListener::Create(path_);
  ASSERT_TRUE(first.ok()) << first.status();
  ExpectRefused(absl::StrCat("another process listens on ", path_));
  EXPECT_TRUE(CanConnect());
}

TEST_F(UnixListenerTest, RefusesALiveDatagramSocket) {
  const UniqueFd live = Bind(SOCK_DGRAM);
  ExpectRefused(absl::StrCat(path_,
                             " exists, and whether it is in use is unknown: "
                             "Protocol wrong type for socket"));
}

TEST_F(UnixListenerTest, ReplacesAStaleSocket) {
  Bind(SOCK_STREAM).reset();
  ASSERT_TRUE(Exists());
  const absl::StatusOr<UnixListener> listener = UnixListener::Create(path_);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_TRUE(CanConnect());
}

TEST_F(UnixListenerTest, RefusesARegularFile) {
  std::ofstream(path_) << "precious";
  ExpectRefused(absl::StrCat(path_, " exists and is no socket"));
}

TEST_F(UnixListenerTest, MakesOneFolderButNotTwo) {
  const std::string run = folder_ + "/run";
  {
    const absl::StatusOr<UnixListener> listener =
        UnixListener::Create(run + "/agent.sock");
    EXPECT_TRUE(listener.ok()) << listener.status();
  }
  EXPECT_EQ(rmdir(run.c_str()), 0);
  EXPECT_EQ(UnixListener::Create(run + "/l275/agent.sock").status().message(),
            absl::StrCat("mkdir(", run, "/l275): No such file or directory"));
}

TEST_F(UnixListenerTest, RefusesAPathThatIsEmptyOrTooLong) {
  for (const std::string& path :
       {std::string(), "/tmp/" + std::string(108, 'a')}) {
    EXPECT_THAT(UnixListener::Create(path).status().ToString(),
                HasSubstr("expected a path of 1 to 107 characters"))
        << path;
  }
}

}  // namespace
}  // namespace l275
