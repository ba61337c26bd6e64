#ifndef L275_WEB_DNAT_REPORT_H_
#define L275_WEB_DNAT_REPORT_H_

#include <string>

#include "web/dnat/report.pb.h"
#include "web/dnat/ruleset.h"

namespace l275 {

// What `dnat show` prints of the installed table.
dnat::Report MakeReport(const Ruleset& installed);

// As a table for people, with a newline at the end.
std::string ToTable(const dnat::Report& report);

}  // namespace l275

#endif  // L275_WEB_DNAT_REPORT_H_
