/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The TCP header: ports, and whether the packet opens a connection. */
#ifndef L275_BPF_PARSE_TCP_H_
#define L275_BPF_PARSE_TCP_H_

#include <linux/tcp.h>

#include "bpf/packet.h"

/* A later fragment has no TCP header, and a frame may end before the ports. */
static __always_inline void parse_tcp(struct packet *packet)
{
	const struct tcphdr *tcp = (void *)packet->ip + ip_header_length(packet->ip);
	struct flow_tuple *flow = &packet->flow;

	if (flow->flags & FLOW_LATER_FRAGMENT || (void *)&tcp->seq > packet->end)
		return;
	flow->source_port = tcp->source;
	flow->destination_port = tcp->dest;
	flow->flags |= FLOW_HAS_PORTS;
	if ((void *)(tcp + 1) <= packet->end && tcp->syn && !tcp->ack)
		flow->flags |= FLOW_SYN;
}

#endif /* L275_BPF_PARSE_TCP_H_ */
