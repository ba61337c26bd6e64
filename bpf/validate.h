/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet for a service must be whole and agree with itself. Checksums are
 * left to the backend, which verifies them anyway.
 */
#ifndef L275_BPF_VALIDATE_H_
#define L275_BPF_VALIDATE_H_

#include <bpf/bpf_endian.h>

#include "bpf/packet.h"
#include "bpf/parse.h"
#include "bpf/settings.h"
#include "bpf/step.h"

static __always_inline enum l275_verdict validate_tcp(const struct packet *packet)
{
	const struct tcphdr *tcp = packet->tcp;
	__u32 ip_length = bpf_ntohs(packet->ip->tot_len);
	__u32 ip_header = ip_header_length(packet->ip);

	if (ip_length < ip_header + sizeof(*tcp))
		return L275_DROP_MALFORMED;
	if ((void *)packet->ip + ip_length > packet->end || (void *)(tcp + 1) > packet->end)
		return L275_DROP_TRUNCATED;
	if (tcp->doff < 5 || ip_length < ip_header + tcp->doff * 4)
		return L275_DROP_MALFORMED;
	return STEP_CONTINUE;
}

static __always_inline enum l275_verdict validate(const struct packet *packet)
{
	if (packet->ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS))
		return L275_DROP_FRAGMENT;
	STEP(validate_tcp(packet));
	if (decrement_ttl && packet->ip->ttl <= 1)
		return L275_DROP_TTL_EXCEEDED;
	return STEP_CONTINUE;
}

#endif /* L275_BPF_VALIDATE_H_ */
