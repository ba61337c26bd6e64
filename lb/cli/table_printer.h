#ifndef L275_LB_CLI_TABLE_PRINTER_H_
#define L275_LB_CLI_TABLE_PRINTER_H_

#include <string>
#include <vector>

namespace l275 {

// Text in aligned columns, two blanks apart, as ip(8) and ipvsadm(8) print it:
//
//   SERVICE            ACTIVE  PACKETS
//   tcp:10.0.0.200:80     2/3     1234
//
// Rows stay in the order of AddRow(); no line ends in a blank. A value.
class TablePrinter {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string header;
    Align align = Align::kLeft;
  };

  explicit TablePrinter(std::vector<Column> columns);
  // Without a header line.
  explicit TablePrinter(std::vector<Align> columns);

  // A CHECK fails unless there is one cell for each column.
  void AddRow(std::vector<std::string> cells);

  std::string ToString() const;

 private:
  std::vector<size_t> Widths() const;

  std::vector<Align> aligns_;
  std::vector<std::vector<std::string>> rows_;  // the header is the first
};

}  // namespace l275

#endif  // L275_LB_CLI_TABLE_PRINTER_H_
