// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The load balancer's program but for one mistake, for which every kernel
 * refuses it: it reads the Ethernet header before it looks whether there is one.
 */
#include "bpf/packet.h"

#define parse_ethernet parse_ethernet_with_care
#include "bpf/parse/parse.h"
#undef parse_ethernet

static __always_inline enum l275_verdict parse_ethernet(struct packet *packet)
{
	const struct ethhdr *eth = (void *)(long)packet->ctx->data;

	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return L275_PASS_NOT_IPV4;
	return parse_ethernet_with_care(packet);
}

#include "bpf/lb.bpf.c"
