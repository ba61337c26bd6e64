/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a packet of a tracked slot goes. One text for the XDP program (C) and for userspace (C++),
 * so that `lbctl explain` and the code that copies flows decide as the program does
 * (bpf/select/track.h).
 */
#ifndef L275_COMMON_ABI_TRACK_RULE_H_
#define L275_COMMON_ABI_TRACK_RULE_H_

#include <linux/types.h>

#include "common/abi/flow_mark.h"
#include "common/abi/map_layout.h"

/* `backend` is NULL, or the record of id 0, which is all zero, where there is none. */
static inline int l275_backend_is_alive(const struct l275_backend *backend)
{
	return backend && (backend->flags & L275_BACKEND_ALIVE);
}

/*
 * Whether an entry counts at all: `backend`, the one that it names, has been alive ever since, and
 * the flow was seen within the idle timeout. Times are ticks.
 */
static inline int l275_flow_is_live(const struct l275_flow *flow,
				    const struct l275_backend *backend, __u32 now, __u32 idle_ticks)
{
	return l275_backend_is_alive(backend) && backend->generation == flow->generation &&
	       l275_flow_age(flow->last_seen, now) <= (__s32)idle_ticks;
}

/*
 * Whether a packet of the slot goes to `backend`, the one that its flow's entry names. An entry of
 * another slot is from a time when the flow's service was another one. A SYN that comes long after
 * the flow's last packet begins a new flow, which a draining backend does not get.
 */
static inline int l275_packet_follows(const struct l275_flow *flow,
				      const struct l275_backend *backend, __u32 slot, int is_syn,
				      __u32 now, __u32 idle_ticks)
{
	if (flow->slot != slot || !l275_flow_is_live(flow, backend, now, idle_ticks))
		return 0;
	return !is_syn || !(backend->flags & L275_BACKEND_DRAINING) ||
	       l275_flow_age(flow->last_seen, now) <= L275_SYN_FOLLOWS_TICKS;
}

/*
 * The id of the backend for what has no entry, and is no SYN or cannot get an entry: the prior if
 * it is alive, otherwise the owner. `prior` is the backend that `prior_word` names.
 */
static inline __u32 l275_fallback(__u32 prior_word, const struct l275_backend *prior, __u32 owner)
{
	const __u32 id = prior_word & L275_PRIOR_BACKEND;

	return id && l275_backend_is_alive(prior) ? id : owner;
}

#endif /* L275_COMMON_ABI_TRACK_RULE_H_ */
