/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program leaves to the agent: to send a frame whose backend has no next hop, once the
 * kernel has resolved the MAC address; and to answer one whose TTL has ended.
 */
#ifndef L275_BPF_SEND_SLOW_PATH_H_
#define L275_BPF_SEND_SLOW_PATH_H_

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/send/rewrite.h"
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

/* Redirects the frame to the agent, with a tag in place of the destination address. */
static __always_inline bool hand_over(struct xdp_md *ctx, const struct l275_slow_path_tag *tag)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return false;
	if (!redirect_to_agent(ctx))
		return false;
	__builtin_memcpy(eth->h_dest, tag, sizeof(*tag));
	return true;
}

/* Redirects the frame to the agent, ready to send except for its MAC addresses. */
static __always_inline bool hand_to_agent(struct xdp_md *ctx, __u32 ip_offset, __be32 backend)
{
	const struct l275_slow_path_tag tag = {
		.prefix = L275_SLOW_PATH_PREFIX,
		.backend = backend,
	};
	struct iphdr *ip = ip_header_at(ctx, ip_offset);

	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return false;
	if (!hand_over(ctx, &tag))
		return false;
	if (decrement_ttl)
		decrement_ip_ttl(ip);
	return true;
}

/* For all CPUs together. Two that see a new tick at once may allow a few more. */
static __always_inline bool spend_answer(void)
{
	__u32 now = bpf_ktime_get_coarse_ns() >> L275_TICK_SHIFT;
	__u32 zero = 0;
	struct l275_answer_budget *budget = bpf_map_lookup_elem(&answer_budget, &zero);

	if (!budget)
		return false;
	if (budget->tick != now) {
		budget->tick = now;
		budget->used = 0;
	}
	if (budget->used >= L275_ANSWERS_PER_TICK)
		return false;
	__sync_fetch_and_add(&budget->used, 1);
	return true;
}

/* The agent answers with ICMP time exceeded (RFC 1812, sections 5.3.1 and 4.3.2.8). */
static __noinline enum l275_verdict end_ttl(struct xdp_md *ctx)
{
	const struct l275_slow_path_tag tag = {.prefix = L275_TIME_EXCEEDED_PREFIX};

	if (!spend_answer() || !hand_over(ctx, &tag))
		return L275_DROP_TTL_EXCEEDED;
	return L275_SLOW_PATH_TTL;
}

#endif /* L275_BPF_SEND_SLOW_PATH_H_ */
