#include "lb/agent/config/services_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace l275 {
namespace {

using ::testing::EndsWith;

absl::StatusOr<ServicesFile> Read(const std::string& text,
                                  bool allow_empty = false) {
  const std::string path = ::testing::TempDir() + "/services_file.conf";
  std::ofstream(path) << text;
  return ReadServicesFile(path, allow_empty);
}

std::string ErrorOf(const std::string& text, bool allow_empty = false) {
  return std::string(Read(text, allow_empty).status().message());
}

constexpr char kWhole[] =
    "service { vip: \"10.0.0.200\" port: 80\n"
    "  backend { address: \"10.0.0.101\" weight: 100 } }\n";

TEST(ServicesFileTest, ReadsAWholeFile) {
  const absl::StatusOr<ServicesFile> file = Read(kWhole);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->state.size(), 1u);
  EXPECT_EQ(file->text.services.service_size(), 1);
}

TEST(ServicesFileTest, AFileThatIsCutOffAnywhereIsRefused) {
  const std::string whole = kWhole;
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Read(whole.substr(0, size)).ok()) << whole.substr(0, size);
  }
  EXPECT_THAT(ErrorOf(whole.substr(0, whole.size() - 1)),
              EndsWith("services_file.conf:2: the last line does not end with "
                       "a newline, the file may be cut off"));
  EXPECT_THAT(ErrorOf("# nothing", true), EndsWith("may be cut off"));
}

TEST(ServicesFileTest, AFileWithoutAServiceNeedsConsent) {
  for (const char* text : {"", "\n", "# no service\n"}) {
    EXPECT_THAT(ErrorOf(text),
                EndsWith("services_file.conf: no service in it; expected one, "
                         "or --allow_empty"));
    const absl::StatusOr<ServicesFile> file = Read(text, true);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE(file->state.empty());
  }
}

TEST(ServicesFileTest, AnAddressWithoutQuotesIsExplained) {
  EXPECT_THAT(ErrorOf("service { vip: 10.0.0.200 port: 80 }\n"),
              ::testing::HasSubstr("put it in quotes"));
}

TEST(ServicesFileTest, ABackendThatIsAnotherServicesVipIsRefused) {
  EXPECT_THAT(ErrorOf("service { vip: \"10.0.0.200\" port: 80\n"
                      "  backend { address: \"10.0.0.101\" }\n"
                      "  backend { address: \"10.0.0.201\" } }\n"
                      "service { vip: \"10.0.0.201\" port: 443 }\n"),
              EndsWith("services_file.conf:3:3: tcp:10.0.0.200:80: backend "
                       "10.0.0.201 is the VIP of service tcp:10.0.0.201:443; "
                       "expected a web server's own address"));
}

}  // namespace
}  // namespace l275
