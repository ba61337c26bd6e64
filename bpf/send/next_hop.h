/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the backend to interface and MAC addresses. */
#ifndef L275_BPF_SEND_NEXT_HOP_H_
#define L275_BPF_SEND_NEXT_HOP_H_

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/send/slow_path.h"
#include "bpf/step.h"

#define AF_INET 2

static __always_inline enum l275_verdict verdict_of_fib_result(long result)
{
	switch (result) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		return STEP_CONTINUE;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return L275_DROP_NO_NEIGHBOUR;
	case BPF_FIB_LKUP_RET_FWD_DISABLED:
		/* The helper asks net.ipv4.conf.IFACE.forwarding of the ingress interface. */
		return L275_DROP_FORWARDING_OFF;
	default:
		/* Unreachable, blackhole, prohibit, local, or a tunnel. */
		return L275_DROP_NO_ROUTE;
	}
}

/*
 * Whether the FIB's answer names a MAC address that one other host can have (RFC 1812, section
 * 3.3.2).
 */
static __always_inline bool is_to_one_other_host(const struct bpf_fib_lookup *answer)
{
	const __u16 *mac = (const void *)answer->dmac;
	const __u16 *own = (const void *)answer->smac;
	const bool is_zero = !(mac[0] | mac[1] | mac[2]);
	const bool is_own = !((mac[0] ^ own[0]) | (mac[1] ^ own[1]) | (mac[2] ^ own[2]));

	return !(answer->dmac[0] & 1) && !is_zero && !is_own;
}

/*
 * A router is no next hop, as for the agent: it would send the packet back. Where the route has one
 * the FIB puts its address in place of the destination, whatever the result.
 *
 * tot_len stays 0: a frame gets no longer here, so there is no MTU to check.
 */
static __always_inline enum l275_verdict ask_fib(struct xdp_md *ctx, __u32 ip_offset,
						 __be32 destination, struct l275_next_hop *next_hop)
{
	struct iphdr *ip = ip_header_at(ctx, ip_offset);
	struct bpf_fib_lookup params = {
		.family = AF_INET,
		.ipv4_dst = destination,
		.ifindex = ctx->ingress_ifindex,
	};
	long result;

	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return L275_DROP_NO_ROUTE;
	params.ipv4_src = ip->saddr;
	result = bpf_fib_lookup(ctx, &params, sizeof(params), 0);
	if (params.ipv4_dst != destination)
		return L275_DROP_NO_ROUTE;
	STEP(verdict_of_fib_result(result));
	if (!is_to_one_other_host(&params))
		return L275_DROP_NO_NEIGHBOUR;
	next_hop->ifindex = params.ifindex;
	__builtin_memcpy(next_hop->destination, params.dmac, sizeof(params.dmac));
	__builtin_memcpy(next_hop->source, params.smac, sizeof(params.smac));
	return STEP_CONTINUE;
}

/*
 * Where the FIB knows the way, so will the agent in a moment. Until it has written a record, the
 * agent may hold earlier frames of the same flow, which this one must not overtake. So use the
 * FIB's answer only if no agent is running. "No route" is final: waiting cannot fix it.
 */
static __always_inline bool agent_may_send(enum l275_verdict fib)
{
	return fib != L275_DROP_NO_ROUTE;
}

/* For a backend that the agent has no record of: it is cold, or its route or link is gone. */
static __noinline enum l275_verdict find_way_without_record(struct xdp_md *ctx, __u32 ip_offset,
							    __u32 backend_id,
							    struct l275_next_hop *next_hop)
{
	const struct l275_backend *backend = bpf_map_lookup_elem(&backends, &backend_id);
	enum l275_verdict fib;

	if (!next_hop || !backend)
		return L275_DROP_NO_ROUTE;
	fib = ask_fib(ctx, ip_offset, backend->address, next_hop);
	if (!agent_may_send(fib) || !hand_to_agent(ctx, ip_offset, backend->address))
		return fib;
	return L275_SLOW_PATH;
}

/*
 * Points to the record; where there is none to `scratch` with what the FIB says, unless the frame
 * is handed to the agent.
 */
static __always_inline enum l275_verdict find_next_hop(const struct packet *packet,
						       struct l275_next_hop *scratch,
						       const struct l275_next_hop **next_hop)
{
	__u32 id = packet->backend->next_hop;

	*next_hop = bpf_map_lookup_elem(&next_hops, &id);
	if (id && *next_hop)
		return STEP_CONTINUE;
	*next_hop = scratch;
	return find_way_without_record(packet->ctx, packet->ip_offset, packet->backend_id, scratch);
}

#endif /* L275_BPF_SEND_NEXT_HOP_H_ */
