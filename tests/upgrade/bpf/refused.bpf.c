// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The load balancer's program but for one mistake, for which every kernel
 * refuses it: it reads a byte of the frame before it looks whether there is one.
 */
#include "bpf/packet.h"

#define parse_ethernet parse_ethernet_with_care
#include "bpf/parse/ethernet.h"
#undef parse_ethernet

static __always_inline enum l275_verdict parse_ethernet(struct packet *packet)
{
	const __u8 *data = (void *)(long)packet->ctx->data;

	if (data[sizeof(struct ethhdr) + sizeof(struct iphdr)] == 0)
		return L275_PASS_NOT_IPV4;
	return parse_ethernet_with_care(packet);
}

#include "bpf/lb.bpf.c"
