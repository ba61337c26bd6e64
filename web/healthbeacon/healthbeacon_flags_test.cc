// The program's flags, where they are wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "web/healthbeacon/testing/healthbeacon_rig.h"

namespace l275 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct BadFlags {
  const char* description;
  std::vector<std::string> flags;
  int exit_code;
  const char* error;
};

class HealthbeaconBadFlagsTest
    : public HealthbeaconRig,
      public ::testing::WithParamInterface<BadFlags> {};

TEST_P(HealthbeaconBadFlagsTest, EndWithOneLine) {
  const BadFlags& row = GetParam();
  SCOPED_TRACE(row.description);
  const auto program = StartWith(row.flags);
  EXPECT_EQ(program->Wait(), row.exit_code);
  EXPECT_THAT(program->ErrorLines(), ElementsAre(HasSubstr(row.error)));
}

// What is right in the rows that test something else.
std::vector<std::string> With(const std::string& flag) {
  return {"--interface=web0", "--address=10.0.0.101", "--insecure_beacons",
          "--state_file=/nonexistent/epoch", flag};
}

INSTANTIATE_TEST_SUITE_P(
    All, HealthbeaconBadFlagsTest,
    ::testing::Values(
        BadFlags{"no interface",
                 {"--address=10.0.0.101"},
                 1,
                 "healthbeacon: --interface is required"},
        BadFlags{"no address",
                 {"--interface=web0"},
                 1,
                 "healthbeacon: --address is required"},
        BadFlags{"an interface that does not exist", With("--interface=web9"),
                 1, "--interface: interface \"web9\" does not exist"},
        BadFlags{"an address that is none", With("--address=10.0.0.300"), 1,
                 "--address: \"10.0.0.300\" is no IPv4 address"},
        BadFlags{"a multicast address", With("--address=239.0.0.1"), 1,
                 "--address: \"239.0.0.1\" cannot be a host's address"},
        BadFlags{"a group that is none", With("--group=10.0.0.1"), 1,
                 "--group=10.0.0.1: expected a multicast group"},
        BadFlags{"a group that is no address", With("--group=all"), 1,
                 "--group: \"all\" is no IPv4 address"},
        BadFlags{"port 0", With("--port=0"), 1, "--port=0: expected 1 to"},
        BadFlags{"port 65536", With("--port=65536"), 1, "--port=65536: exp"},
        BadFlags{"interval 9", With("--interval_ms=9"), 1,
                 "--interval_ms=9: expected 10 to 60000"},
        BadFlags{"interval 60001", With("--interval_ms=60001"), 1,
                 "--interval_ms=60001: expected 10 to 60000"},
        BadFlags{"no number", With("--port=http"), 1,
                 "illegal value 'http' specified for int32 flag 'port'"},
        BadFlags{"an unknown flag", With("--wait=3"), 1,
                 "unknown command line flag 'wait'"},
        BadFlags{"neither a key nor --insecure_beacons",
                 {"--interface=web0", "--address=10.0.0.101"},
                 1,
                 "--key_file is required"},
        BadFlags{"a key and --insecure_beacons", With("--key_file=/x"), 1,
                 "--insecure_beacons: expected no --key_file beside it"},
        BadFlags{"a key id without a file", With("--key_id=2"), 1,
                 "--key_id=2: expected a --key_file to look in"},
        BadFlags{"a key file that is not there",
                 {"--interface=web0", "--address=10.0.0.101", "--key_file=/x"},
                 1,
                 "--key_file: cannot read /x: No such file"},
        BadFlags{"service port -1", With("--service_port=-1"), 1,
                 "--service_port=-1: expected 0 to 65535"},
        BadFlags{"service port 65536", With("--service_port=65536"), 1,
                 "--service_port=65536: expected 0 to 65535"},
        BadFlags{"weight -1", With("--weight=-1"), 1,
                 "--weight=-1: expected 0 to 1000"},
        BadFlags{"weight 1001", With("--weight=1001"), 1,
                 "--weight=1001: expected 0 to 1000"},
        BadFlags{"a weight file that is not there",
                 With("--weight_file=/tmp/nonexistent"), 1,
                 "--weight_file: cannot read /tmp/nonexistent: No such file"},
        BadFlags{"a weight file in no folder",
                 With("--weight_file=/nonexistent/weight"), 1,
                 "--weight_file: cannot watch /nonexistent: No such file"},
        BadFlags{"a weight file that is none", With("--weight_file=/proc/stat"),
                 1, "--weight_file: /proc/stat: \"cpu "},
        BadFlags{"load feedback of what there is none of",
                 With("--load_feedback=disk"), 1,
                 "--load_feedback=disk: expected cpu"},
        BadFlags{"a floor of 0", With("--load_feedback_floor=0"), 1,
                 "--load_feedback_floor=0: expected 1 to 100"},
        BadFlags{"a check of an unknown kind", With("--check=ping:10.0.0.1"), 1,
                 "--check: \"ping:10.0.0.1\": expected tcp:"},
        BadFlags{"two flags of checks",
                 {"--check=tcp:127.0.0.1:80", "-check", "exec:/bin/true"},
                 1,
                 "healthbeacon: --check is given twice: expected one, with"},
        BadFlags{"a check by name", With("--check=http://localhost/"), 1,
                 "\"localhost\" is no IPv4 address"},
        BadFlags{"a check by a program that is not there",
                 With("--check=exec:/nonexistent/check"), 1,
                 "--check: /nonexistent/check: No such file or directory"},
        BadFlags{"a check by a file that is no program",
                 With("--check=exec:/etc/passwd"), 1,
                 "--check: /etc/passwd cannot be executed: Permission denied"},
        BadFlags{"a check by a folder", With("--check=exec:/tmp"), 1,
                 "--check: /tmp is no file; expected a program"},
        BadFlags{"a check's interval of 9", With("--check_interval_ms=9"), 1,
                 "--check_interval_ms=9: expected 10 to 60000"},
        BadFlags{"a check's timeout of 60001", With("--check_timeout_ms=60001"),
                 1, "--check_timeout_ms=60001: expected 10 to 60000"},
        BadFlags{"rise 0", With("--rise=0"), 1, "--rise=0: expected 1 to 100"},
        BadFlags{"fall 101", With("--fall=101"), 1,
                 "--fall=101: expected 1 to 100"},
        BadFlags{"a host with a line break", With("--check_host=a\r\nX: y"), 1,
                 "--check_host: a character that no host has"},
        BadFlags{"an argument", With("start"), 2,
                 "healthbeacon: unexpected argument \"start\""}));

}  // namespace
}  // namespace l275
