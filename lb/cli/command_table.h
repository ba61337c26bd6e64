#ifndef L275_LB_CLI_COMMAND_TABLE_H_
#define L275_LB_CLI_COMMAND_TABLE_H_

#include <vector>

#include "lb/cli/command.h"

namespace l275 {

// Every command of lbctl, in the order of the help. To add one: a row here and
// its function in a commands_*.cc; flags that no other has are defined in
// main.cc.
const std::vector<Command>& Commands();

}  // namespace l275

#endif  // L275_LB_CLI_COMMAND_TABLE_H_
