/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef L275_BPF_SEND_REWRITE_H_
#define L275_BPF_SEND_REWRITE_H_

#include <bpf/bpf_endian.h>

#include "bpf/packet.h"

/*
 * The TTL shares a 16-bit word with the protocol, as its upper byte; so the sum
 * grows by 0x0100 when the TTL shrinks by one (RFC 1624, equation 3), with the
 * carry folded back.
 */
static __always_inline void decrement_ip_ttl(struct iphdr *ip)
{
	__u32 sum = ip->check + (__u32)bpf_htons(0x0100);

	ip->check = (__u16)(sum + (sum >= 0xffff));
	ip->ttl--;
}

/* Both addresses, 12 bytes, as words: clang 14 makes single bytes of a memcpy() to a packet. */
static __always_inline void rewrite_ethernet(struct ethhdr *eth,
					     const struct l275_next_hop *next_hop)
{
	__u8 *to = eth->h_dest;
	const __u8 *from = next_hop->destination;

	*(__u64 *)to = *(const __u64 *)from;
	*(__u32 *)(to + 8) = *(const __u32 *)(from + 8);
}

#endif /* L275_BPF_SEND_REWRITE_H_ */
