#ifndef L275_WEB_HEALTHBEACON_TESTING_PROGRAM_H_
#define L275_WEB_HEALTHBEACON_TESTING_PROGRAM_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/os/unique_fd.h"

namespace l275 {

// A run of a program, in the network namespace of the thread that makes it.
// Killed when it goes out of scope. CHECKs that what is asked of it works.
class Program {
 public:
  Program(const std::string& path, const std::vector<std::string>& flags);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int number) const;

  // Its exit code, or -1 when a signal ended it.
  int Wait();

  // All that it wrote to stderr so far.
  std::vector<std::string> ErrorLines() const;
  // Whether a line with this part comes within ten seconds, `times` times.
  bool WaitForErrorLine(const std::string& part, int times = 1) const;

 private:
  UniqueFd stderr_;
  pid_t pid_ = 0;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_TESTING_PROGRAM_H_
