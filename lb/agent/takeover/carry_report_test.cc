#include "lb/agent/takeover/carry_report.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>
#include <vector>

namespace l275 {
namespace {

using Lines = std::vector<std::string>;

ServiceAddress Service(uint16_t port) {
  return {IPPROTO_TCP, Ipv4Address::FromHost(0x0a0000c8), port};
}

TEST(CarryReportTest, NothingLost) {
  CarryReport report;
  report.services = 2;
  report.slots = 8198;
  report.tracked = 120;
  report.flows.stored = 345;
  report.flows.needless = 1;
  report.flows.over = 1;
  EXPECT_EQ(report.Summary(),
            "carried over from the earlier maps: counters, 8198 slots of 2 "
            "services, 120 of them tracked, and 345 flow entries");
  EXPECT_EQ(report.Losses(), Lines());
}

TEST(CarryReportTest, ALineForEachReason) {
  CarryReport report;
  report.other_hash.Add(Service(1), 251);
  report.other_size.Add(Service(2), 251);
  report.other_size.Add(Service(3), 13);
  report.gone.Add(Service(4), 13);
  report.gone.entries = 7;
  report.flows.unknown = 5;
  report.slots_of_none = 6;
  report.flows.full = 9;
  const Lines expected = {
      "not carried over: where flows without an entry go in 251 slots of 1 "
      "services that have another --hash_seed (tcp:10.0.0.200:1); those of "
      "slots that get another owner move",
      "not carried over: where flows without an entry go in 264 slots of 2 "
      "services that have a table of another size (tcp:10.0.0.200:2, "
      "tcp:10.0.0.200:3); those of slots that get another owner move",
      "not carried over: 1 services that are declared no more "
      "(tcp:10.0.0.200:4), with 7 flow entries",
      "not carried over: 5 flow entries, and flows without an entry in 6 "
      "slots, of backends that are gone or not up",
      "not carried over: 9 flow entries, for which there is no room; start "
      "with a greater --flow_table_entries",
  };
  EXPECT_EQ(report.Losses(), expected);
}

TEST(CarryReportTest, NamesSomeOfManyServices) {
  CarryReport report;
  for (uint16_t port = 1; port <= 5; ++port) report.gone.Add(Service(port), 13);
  const Lines expected = {
      "not carried over: 5 services that are declared no more "
      "(tcp:10.0.0.200:1, tcp:10.0.0.200:2, tcp:10.0.0.200:3, ...), with 0 "
      "flow entries"};
  EXPECT_EQ(report.Losses(), expected);
}

}  // namespace
}  // namespace l275
