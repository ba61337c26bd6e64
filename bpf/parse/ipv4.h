/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The IPv4 header: addresses, protocol, and whether the packet is a fragment. */
#ifndef L275_BPF_PARSE_IPV4_H_
#define L275_BPF_PARSE_IPV4_H_

#include <linux/in.h>
#include <bpf/bpf_endian.h>

#include "bpf/packet.h"
#include "bpf/step.h"

#define IP_FRAGMENT_OFFSET 0x1fff /* RFC 791, section 3.1 */
#define IP_MORE_FRAGMENTS  0x2000

static __always_inline __u8 fragment_flags(const struct iphdr *ip)
{
	if (!(ip->frag_off & bpf_htons(IP_FRAGMENT_OFFSET | IP_MORE_FRAGMENTS)))
		return 0;
	return ip->frag_off & bpf_htons(IP_FRAGMENT_OFFSET) ? FLOW_LATER_FRAGMENT
							    : FLOW_FIRST_FRAGMENT;
}

static __always_inline enum l275_verdict parse_ipv4(struct packet *packet)
{
	struct iphdr *ip = (void *)packet->eth + packet->ip_offset;

	if ((void *)(ip + 1) > packet->end)
		return L275_PASS_SHORT;
	if (ip->version != 4 || ip->ihl < 5)
		return L275_PASS_NOT_IPV4;
	if (ip->protocol != IPPROTO_TCP)
		return L275_PASS_PROTOCOL;
	packet->ip = ip;
	packet->flow.source = ip->saddr;
	packet->flow.destination = ip->daddr;
	packet->flow.protocol = ip->protocol;
	packet->flow.flags = fragment_flags(ip);
	return STEP_CONTINUE;
}

#endif /* L275_BPF_PARSE_IPV4_H_ */
