#include "lb/cli/table_printer.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace l275 {
namespace {

std::string Padded(const std::string& text, size_t width,
                   TablePrinter::Align align) {
  const std::string padding(width - text.size(), ' ');
  return align == TablePrinter::Align::kRight ? absl::StrCat(padding, text)
                                              : absl::StrCat(text, padding);
}

}  // namespace

TablePrinter::TablePrinter(std::vector<Align> columns)
    : aligns_(std::move(columns)) {}

TablePrinter::TablePrinter(std::vector<Column> columns) {
  std::vector<std::string> headers;
  for (Column& column : columns) {
    aligns_.push_back(column.align);
    headers.push_back(std::move(column.header));
  }
  AddRow(std::move(headers));
}

void TablePrinter::AddRow(std::vector<std::string> cells) {
  CHECK_EQ(cells.size(), aligns_.size());
  rows_.push_back(std::move(cells));
}

std::string TablePrinter::ToString() const {
  const std::vector<size_t> widths = Widths();
  std::string text;
  for (const std::vector<std::string>& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, i == 0 ? "" : "  ",
                      Padded(row[i], widths[i], aligns_[i]));
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return text;
}

std::vector<size_t> TablePrinter::Widths() const {
  std::vector<size_t> widths(aligns_.size());
  for (const std::vector<std::string>& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  return widths;
}

}  // namespace l275
