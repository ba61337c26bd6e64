// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The load balancer's XDP program. l275_lb(), at the end, asks balance() for a verdict, counts it,
 * and makes it an XDP action. balance_at() names the steps in their order:
 *
 *   parse/            what does the packet say? What is not for us, or not understood, passes.
 *   select/service.h  is it for a service? If so it is ours.
 *   validate.h        is it whole and possible? Otherwise it is dropped.
 *   select/slot.h     to which backend does its flow go?
 *   send/             how does the frame leave?
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/counters.h"
#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/parse/ethernet.h"
#include "bpf/parse/ipv4.h"
#include "bpf/parse/tcp.h"
#include "bpf/select/service.h"
#include "bpf/select/slot.h"
#include "bpf/send/forward.h"
#include "bpf/step.h"
#include "bpf/validate.h"

static __always_inline enum l275_verdict balance_at(struct xdp_md *ctx, __u32 ip_offset)
{
	struct packet packet = {
		.ctx = ctx,
		.end = (void *)(long)ctx->data_end,
		.ip_offset = ip_offset,
	};

	STEP(parse_ethernet(&packet));
	STEP(parse_ipv4(&packet));
	parse_tcp(&packet);
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
