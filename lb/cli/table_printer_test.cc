#include "lb/cli/table_printer.h"

#include <gtest/gtest.h>

namespace l275 {
namespace {

using Align = TablePrinter::Align;
using Column = TablePrinter::Column;

TEST(TablePrinterTest, AlignsTextLeftAndNumbersRight) {
  TablePrinter table(
      std::vector<Column>{{"SERVICE"}, {"PACKETS", Align::kRight}, {"HEALTH"}});
  table.AddRow({"tcp:10.0.0.200:80", "5", "up"});
  table.AddRow({"tcp:10.0.0.201:0", "123456789", "unknown"});
  EXPECT_EQ(table.ToString(),
            "SERVICE              PACKETS  HEALTH\n"
            "tcp:10.0.0.200:80          5  up\n"
            "tcp:10.0.0.201:0   123456789  unknown\n");
}

TEST(TablePrinterTest, PrintsItsHeaderWhenThereIsNothing) {
  const TablePrinter table(
      std::vector<Column>{{"BACKEND"}, {"WEIGHT", Align::kRight}});
  EXPECT_EQ(table.ToString(), "BACKEND  WEIGHT\n");
}

TEST(TablePrinterTest, NoLineEndsInABlank) {
  TablePrinter table(std::vector<Column>{{"A"}, {"B"}});
  table.AddRow({"long text", ""});
  EXPECT_EQ(table.ToString(),
            "A          B\n"
            "long text\n");
}

TEST(TablePrinterTest, ColumnsCanGoWithoutHeaders) {
  TablePrinter table(std::vector<Align>{Align::kLeft, Align::kLeft});
  EXPECT_EQ(table.ToString(), "");
  table.AddRow({"pid:", "1"});
  table.AddRow({"uptime:", "2"});
  EXPECT_EQ(table.ToString(),
            "pid:     1\n"
            "uptime:  2\n");
}

TEST(TablePrinterDeathTest, RefusesARowOfAnotherWidth) {
  TablePrinter table(std::vector<Column>{{"A"}, {"B"}});
  EXPECT_DEATH(table.AddRow({"1"}), "1 vs. 2");
}

}  // namespace
}  // namespace l275
