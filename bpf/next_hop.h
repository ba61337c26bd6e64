/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the backend to interface and MAC addresses. */
#ifndef L275_BPF_NEXT_HOP_H_
#define L275_BPF_NEXT_HOP_H_

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"
#include "bpf/packet.h"
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
 * The kernel's own answer, for a backend that the agent has no record of yet.
 * tot_len stays 0: a frame gets no longer here, so there is no MTU to check.
 */
static __noinline enum l275_verdict ask_fib(struct xdp_md *ctx, __be32 source, __be32 destination,
					    struct l275_next_hop *next_hop)
{
	struct bpf_fib_lookup params = {
		.family = AF_INET,
		.ipv4_src = source,
		.ipv4_dst = destination,
		.ifindex = ctx->ingress_ifindex,
	};

	if (!next_hop)
		return L275_DROP_NO_ROUTE;
	STEP(verdict_of_fib_result(bpf_fib_lookup(ctx, &params, sizeof(params), 0)));
	next_hop->ifindex = params.ifindex;
	__builtin_memcpy(next_hop->destination, params.dmac, sizeof(params.dmac));
	__builtin_memcpy(next_hop->source, params.smac, sizeof(params.smac));
	return STEP_CONTINUE;
}

/* Points to the record, or to `scratch` with what the FIB says where there is none. */
static __always_inline enum l275_verdict find_next_hop(const struct packet *packet,
						       struct l275_next_hop *scratch,
						       const struct l275_next_hop **next_hop)
{
	__u32 id = packet->backend->next_hop;

	*next_hop = bpf_map_lookup_elem(&next_hops, &id);
	if (id && *next_hop)
		return STEP_CONTINUE;
	*next_hop = scratch;
	return ask_fib(packet->ctx, packet->ip->saddr, packet->backend->address, scratch);
}

#endif /* L275_BPF_NEXT_HOP_H_ */
