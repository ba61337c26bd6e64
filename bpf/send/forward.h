/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the backend to the frame that leaves: next hop, interface, rewriting, counting. */
#ifndef L275_BPF_SEND_FORWARD_H_
#define L275_BPF_SEND_FORWARD_H_

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/counters.h"
#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/send/next_hop.h"
#include "bpf/send/rewrite.h"
#include "bpf/settings.h"
#include "bpf/step.h"

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

#endif /* L275_BPF_SEND_FORWARD_H_ */
