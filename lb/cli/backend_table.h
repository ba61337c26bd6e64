#ifndef L275_LB_CLI_BACKEND_TABLE_H_
#define L275_LB_CLI_BACKEND_TABLE_H_

#include <string>

#include "common/control/control.pb.h"

namespace l275 {

// The backends of all these services, a line each under a header.
std::string BackendTable(const control::ServiceStates& services);

}  // namespace l275

#endif  // L275_LB_CLI_BACKEND_TABLE_H_
