#ifndef L275_WEB_HEALTHBEACON_TESTING_NO_MORE_FILES_H_
#define L275_WEB_HEALTHBEACON_TESTING_NO_MORE_FILES_H_

#include <glog/logging.h>
#include <sys/resource.h>
#include <unistd.h>

namespace l275 {

// While it lives the process cannot open any more files.
class NoMoreFiles {
 public:
  NoMoreFiles() {
    const int next = dup(STDERR_FILENO);  // NOLINT(android-cloexec-dup)
    PCHECK(next >= 0);
    close(next);
    PCHECK(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit none = {static_cast<rlim_t>(next), before_.rlim_max};
    PCHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoMoreFiles() { PCHECK(setrlimit(RLIMIT_NOFILE, &before_) == 0); }
  NoMoreFiles(const NoMoreFiles&) = delete;
  NoMoreFiles& operator=(const NoMoreFiles&) = delete;

 private:
  rlimit before_ = {};
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_TESTING_NO_MORE_FILES_H_
