#ifndef L275_LB_AGENT_API_HTTP_SERVER_H_
#define L275_LB_AGENT_API_HTTP_SERVER_H_

#include <event2/event.h>

#include "absl/status/statusor.h"
#include "common/libevent_ptr.h"
#include "common/unique_fd.h"

namespace l275 {

// libevent's HTTP server on a listening, non-blocking socket, which it owns
// from then on. Bounded against clients that send much or nothing: bodies of
// `max_body_bytes`, headers of 16 KiB, five seconds of silence. `base` outlives
// it.
absl::StatusOr<EvhttpPtr> NewHttpServer(event_base* base, UniqueFd listener,
                                        ev_ssize_t max_body_bytes);

}  // namespace l275

#endif  // L275_LB_AGENT_API_HTTP_SERVER_H_
