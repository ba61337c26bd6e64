#ifndef L275_LB_AGENT_API_DESCRIPTORS_H_
#define L275_LB_AGENT_API_DESCRIPTORS_H_

#include <cstddef>

namespace l275 {

// Whether the process can open at least `count` more file descriptors.
bool HasFreeDescriptors(size_t count);

// How many connections the process has that were accepted by this listening
// socket, of IPv4 or a unix socket: by their own address, so that nobody has to
// count them as they come and go. Takes a system call for each open descriptor.
// More than there can be when they cannot be listed.
size_t CountConnections(int listener);

}  // namespace l275

#endif  // L275_LB_AGENT_API_DESCRIPTORS_H_
