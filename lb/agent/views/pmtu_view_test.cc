#include "lb/agent/views/pmtu_view.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

const HealthTime kNow = HealthTime(std::chrono::hours(1));

PmtuErrors Errors(uint16_t mtu) {
  PmtuErrors errors;
  errors.count = 12;
  errors.last = kNow;
  errors.client = *Endpoint::Parse("198.51.100.7:40000");
  errors.mtu = mtu;
  return errors;
}

TEST(PmtuViewTest, SaysWhoWaitsAndWhatHelps) {
  const ServiceAddress service = *ServiceAddress::Parse("tcp:10.0.0.200:80");
  EXPECT_EQ(DescribePmtuErrors(service, Errors(1400)),
            "tcp:10.0.0.200:80: 12 times a router said that a segment is too "
            "long, the last one to client 198.51.100.7:40000 (MTU 1400); the "
            "servers do not hear of it, so long answers to such clients hang; "
            "give dnat --mss=1360 on each web server, as docs/operating.md "
            "says");
  EXPECT_NE(DescribePmtuErrors(service, Errors(0)).find("(MTU unknown)"),
            std::string::npos);
}

TEST(PmtuViewTest, IsRecentForTenMinutes) {
  EXPECT_FALSE(IsRecent(PmtuErrors(), kNow));
  EXPECT_TRUE(IsRecent(Errors(1400), kNow + std::chrono::seconds(599)));
  EXPECT_FALSE(IsRecent(Errors(1400), kNow + std::chrono::seconds(600)));
}

}  // namespace
}  // namespace l275
