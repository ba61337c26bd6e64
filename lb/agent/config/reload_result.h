#ifndef L275_LB_AGENT_CONFIG_RELOAD_RESULT_H_
#define L275_LB_AGENT_CONFIG_RELOAD_RESULT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace l275 {

// Of the last time that services file and keys were read: at the start, which
// would have failed otherwise, or by a reload.
struct ReloadResult {
  std::vector<std::string> errors;  // a line each; empty: it succeeded
  uint64_t last_success_unix_s = 0;
};

}  // namespace l275

#endif  // L275_LB_AGENT_CONFIG_RELOAD_RESULT_H_
