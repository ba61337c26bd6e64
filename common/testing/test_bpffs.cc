#include "common/testing/test_bpffs.h"

#include <glog/logging.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

namespace l275 {

TestBpffs::TestBpffs() {
  PCHECK(unshare(CLONE_NEWNS) == 0) << "unshare(CLONE_NEWNS)";
  PCHECK(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0)
      << "mount(/, MS_PRIVATE)";
  char folder[] = "/tmp/l275-bpffs-XXXXXX";
  PCHECK(mkdtemp(folder) != nullptr) << "mkdtemp(" << folder << ")";
  path_ = folder;
  PCHECK(mount("bpf", folder, "bpf", 0, nullptr) == 0)
      << "mount(" << folder << ", bpf)";
}

TestBpffs::~TestBpffs() {
  PCHECK(umount2(path_.c_str(), MNT_DETACH) == 0) << "umount2(" << path_ << ")";
  PCHECK(rmdir(path_.c_str()) == 0) << "rmdir(" << path_ << ")";
}

}  // namespace l275
