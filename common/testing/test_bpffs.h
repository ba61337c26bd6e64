#ifndef L275_COMMON_TESTING_TEST_BPFFS_H_
#define L275_COMMON_TESTING_TEST_BPFFS_H_

#include <string>

namespace l275 {

// A bpffs of the test's own. It is mounted in a mount namespace of the process,
// so that nobody else sees it, and it ends with the process at the latest.
// Needs root. Failures are fatal.
class TestBpffs {
 public:
  TestBpffs();
  ~TestBpffs();
  TestBpffs(const TestBpffs&) = delete;
  TestBpffs& operator=(const TestBpffs&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace l275

#endif  // L275_COMMON_TESTING_TEST_BPFFS_H_
