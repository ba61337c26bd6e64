// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The load balancer's XDP program. Read from the bottom up: the entry point
 * asks balance() for a verdict, counts it, and makes it an XDP action.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/counters.h"
#include "bpf/maps.h"
#include "bpf/send/next_hop.h"
#include "bpf/packet.h"
#include "bpf/parse/parse.h"
#include "bpf/send/rewrite.h"
#include "bpf/select/service.h"
#include "bpf/settings.h"
#include "bpf/select/slot.h"
#include "bpf/step.h"
#include "bpf/validate.h"

/*
 * With a missing devmap entry bpf_redirect_map() returns the action in its flags; that is told
 * from success here, so that the packet is counted as what becomes of it.
 */
static __always_inline enum l275_verdict choose_egress(const struct packet *packet, __u32 ifindex)
{
	if (ifindex == packet->ctx->ingress_ifindex)
		return L275_FORWARD_TX;
	if (bpf_redirect_map(&egress, ifindex, XDP_DROP) != XDP_REDIRECT)
		return L275_DROP_NO_EGRESS;
	return L275_FORWARD_REDIRECT;
}

static __always_inline enum l275_verdict forward(const struct packet *packet)
{
	const struct l275_next_hop *next_hop;
	struct l275_next_hop scratch __attribute__((aligned(8)));
	enum l275_verdict verdict;

	STEP(find_next_hop(packet, &scratch, &next_hop));
	verdict = choose_egress(packet, next_hop->ifindex);
	if (verdict == L275_DROP_NO_EGRESS)
		return verdict;
	if (decrement_ttl)
		decrement_ip_ttl(packet->ip);
	rewrite_ethernet(packet->eth, next_hop);
	count_forwarded(packet->ctx, packet->service->id, packet->backend_id);
	return verdict;
}

static __always_inline enum l275_verdict balance_at(struct xdp_md *ctx, __u32 ip_offset)
{
	struct packet packet = {
		.ctx = ctx,
		.end = (void *)(long)ctx->data_end,
		.ip_offset = ip_offset,
	};

	STEP(parse_ethernet(&packet));
	STEP(parse_ip(&packet));
	STEP(parse_ports(&packet));
	STEP(find_service(&packet));
	STEP(validate(&packet));
	STEP(find_backend(&packet));
	return forward(&packet);
}

/*
 * Few frames have tags. They get a copy of the program, so that the compiler knows where the IP
 * header is in all other frames. That saves 2 ns a packet.
 */
static __noinline enum l275_verdict balance_tagged(struct xdp_md *ctx)
{
	__u32 ip_offset = ip_offset_behind_tags(ctx);

	return ip_offset ? balance_at(ctx, ip_offset) : L275_PASS_NOT_IPV4;
}

static __always_inline enum l275_verdict balance(struct xdp_md *ctx)
{
	const struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return L275_PASS_SHORT;
	if (__builtin_expect(eth->h_proto == bpf_htons(ETH_P_IP), 1))
		return balance_at(ctx, sizeof(*eth));
	return balance_tagged(ctx);
}

static __always_inline int action_of_verdict(enum l275_verdict verdict)
{
	switch (verdict) {
#define X(name, word, action, help)                                                                \
	case L275_##name:                                                                          \
		return XDP_##action;
		L275_VERDICTS(X)
#undef X
	default:
		return XDP_ABORTED;
	}
}

SEC("xdp")
int l275_lb(struct xdp_md *ctx)
{
	enum l275_verdict verdict = balance(ctx);

	count(&verdicts, verdict, ctx->data_end - ctx->data);
	return action_of_verdict(verdict);
}

char _license[] SEC("license") = "Dual BSD/GPL";
