#ifndef L275_COMMON_TESTING_TEST_NAMESPACE_H_
#define L275_COMMON_TESTING_TEST_NAMESPACE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/net/mac_address.h"
#include "common/os/unique_fd.h"

namespace l275 {

// A nameless network namespace, with its loopback interface up: one host of a
// test's network. Gone, with its interfaces, when nothing refers to it any
// more, so that even a test that crashes leaves nothing behind.
//
// Needs root, and CHECKs that everything asked of it works.
class TestNamespace {
 public:
  TestNamespace();
  TestNamespace(const TestNamespace&) = delete;
  TestNamespace& operator=(const TestNamespace&) = delete;

  // Puts the thread into the namespace until it goes out of scope. What is
  // opened meanwhile stays in the namespace.
  class Scope {
   public:
    explicit Scope(const TestNamespace& inside);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    UniqueFd outside_;
  };

  // Runs ip(8) in the namespace, as in Ip("link set eth1 up").
  void Ip(absl::string_view arguments) const;
  // Runs many commands of ip(8), a line each; a failing one does not stop it.
  void IpBatch(const std::string& commands) const;
  // Writes /proc/sys/net/<name>.
  void SetSysctl(absl::string_view name, absl::string_view value) const;
  // Lines of `ip neigh show` for an address; empty when there is none.
  std::string NeighbourText(absl::string_view address) const;

  // Makes a veth pair between `name` here and `peer_name` in `peer`, both up.
  void Connect(absl::string_view name, const TestNamespace& peer,
               absl::string_view peer_name) const;
  MacAddress MacOf(const std::string& interface) const;

  // Names the namespace to other processes while this lives, as in
  // Ip("link set eth1 netns " + other.Path()).
  std::string Path() const;

 private:
  UniqueFd fd_;
};

}  // namespace l275

#endif  // L275_COMMON_TESTING_TEST_NAMESPACE_H_
