#ifndef L275_WEB_HEALTHBEACON_TESTING_HEALTHBEACON_RIG_H_
#define L275_WEB_HEALTHBEACON_TESTING_HEALTHBEACON_RIG_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/testing/test_namespace.h"
#include "web/healthbeacon/testing/listener.h"
#include "web/healthbeacon/testing/program.h"

namespace l275 {

// The program itself on a network of two namespaces, a web server's and a load
// balancer's, with a folder of the test's own.
class HealthbeaconRig : public ::testing::Test {
 protected:
  HealthbeaconRig();
  ~HealthbeaconRig() override;

  void Connect();

  // Runs healthbeacon on the web server with these flags and no others.
  std::unique_ptr<Program> StartWith(const std::vector<std::string>& flags);
  // With what is required, a beacon each 20 ms, and these flags.
  std::unique_ptr<Program> Start(const std::vector<std::string>& flags = {});
  // What is required: interface, address, no key, a state file in folder().
  std::vector<std::string> RequiredFlags() const;

  Listener Listen() { return Listener(lb_, "lb0", "239.0.0.1", 4242); }

  // Three "down", counted on from the last "up", and then no more.
  static void ExpectLastBeacons(Listener* listener);

  const std::string& folder() const { return folder_; }
  // Writes a file of the folder, and returns its path.
  std::string Write(const std::string& name, const std::string& text,
                    mode_t mode = 0644) const;

  TestNamespace lb_;
  TestNamespace web_;

 private:
  std::string folder_;
};

}  // namespace l275

#endif  // L275_WEB_HEALTHBEACON_TESTING_HEALTHBEACON_RIG_H_
