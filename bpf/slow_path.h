/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a backend has no next hop: the frame goes to the agent, which has the kernel resolve the
 * MAC address, holds the frame meanwhile, and sends it.
 */
#ifndef L275_BPF_SLOW_PATH_H_
#define L275_BPF_SLOW_PATH_H_

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"
#include "bpf/rewrite.h"
#include "bpf/settings.h"

/*
 * The agent's socket of the frame's interface and queue. False when there is none: the slow path is
 * off, or the agent is dead.
 */
static __always_inline bool redirect_to_agent(struct xdp_md *ctx)
{
	__u32 index = ctx->ingress_ifindex % L275_INGRESS_ENTRIES;
	const struct l275_ingress *own = bpf_map_lookup_elem(&ingress, &index);
	__u32 queue = ctx->rx_queue_index;

	if (!own || queue >= own->queues)
		return false;
	return bpf_redirect_map(&slow_path, own->first_queue + queue, XDP_DROP) == XDP_REDIRECT;
}

/* In place of the destination address, which the agent replaces anyway. */
static __always_inline void tag_frame(struct ethhdr *eth, __be32 backend)
{
	const struct l275_slow_path_tag tag = {
		.prefix = L275_SLOW_PATH_PREFIX,
		.backend = backend,
	};

	__builtin_memcpy(eth->h_dest, &tag, sizeof(tag));
}

/* Has the frame be as the agent shall send it, but for its MAC addresses. */
static __always_inline bool hand_to_agent(struct xdp_md *ctx, __be32 backend)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return false;
	if (!redirect_to_agent(ctx))
		return false;
	tag_frame(eth, backend);
	if (decrement_ttl)
		decrement_ip_ttl(ip);
	return true;
}

#endif /* L275_BPF_SLOW_PATH_H_ */
