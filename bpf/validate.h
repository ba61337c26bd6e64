/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet for a service must be whole, agree with itself, and come from where packets can come
 * from. TCP's checksum is left to the backend, which verifies it anyway.
 */
#ifndef L275_BPF_VALIDATE_H_
#define L275_BPF_VALIDATE_H_

#include <linux/tcp.h>
#include <bpf/bpf_endian.h>

#include "bpf/packet.h"
#include "bpf/settings.h"
#include "bpf/send/slow_path.h"
#include "bpf/step.h"
#include "common/abi/bad_source.h"

#define IP_MAX_OPTION_WORDS 10 /* a header of 60 bytes */

static __always_inline enum l275_verdict validate_tcp(const struct packet *packet)
{
	__u32 ip_length = bpf_ntohs(packet->ip->tot_len);
	__u32 ip_header = ip_header_length(packet->ip);
	const struct tcphdr *tcp = (void *)packet->ip + ip_header;

	if (ip_length < ip_header + sizeof(*tcp))
		return L275_DROP_MALFORMED;
	if ((void *)packet->ip + ip_length > packet->end || (void *)(tcp + 1) > packet->end)
		return L275_DROP_TRUNCATED;
	if (tcp->doff < 5 || ip_length < ip_header + tcp->doff * 4)
		return L275_DROP_MALFORMED;
	return STEP_CONTINUE;
}

static __noinline __u32 sum_of_option(const struct xdp_md *ctx, __u32 offset)
{
	__u32 *word = (void *)(long)ctx->data + (offset & 0xff);

	return (void *)(word + 1) > (void *)(long)ctx->data_end ? 0 : *word;
}

/* The sum of the options' words of 32 bits; few packets have any. */
static __noinline __u64 sum_of_options(const struct xdp_md *ctx, __u32 offset, __u32 words)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < IP_MAX_OPTION_WORDS && i < words; i++)
		sum += sum_of_option(ctx, offset + i * sizeof(__u32));
	return sum;
}

/*
 * RFC 1812, section 4.2.2.5; RFC 1071. A sum of words of 32 bits, folded, is as good as one of 16
 * bits. To forward a wrong header would be to send the packet to the wrong service's backend.
 */
static __always_inline bool ip_checksum_is_right(const struct packet *packet)
{
	const __u32 *word = (const void *)packet->ip;
	__u64 sum = (__u64)word[0] + word[1] + word[2] + word[3] + word[4];

	if (__builtin_expect(packet->ip->ihl > 5, 0))
		sum += sum_of_options(packet->ctx, packet->ip_offset + sizeof(struct iphdr),
				      packet->ip->ihl - 5);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)(sum + (sum >> 16)) == 0xffff;
}

/* Nor can a packet from elsewhere have the address that it is for. */
static __always_inline bool is_bad_source(const struct flow_tuple *flow)
{
	return l275_is_bad_source(bpf_ntohl(flow->source)) || flow->source == flow->destination;
}

static __always_inline enum l275_verdict validate(const struct packet *packet)
{
	if (packet->flow.flags & FLOW_FIRST_FRAGMENT)
		return L275_DROP_FRAGMENT;
	STEP(validate_tcp(packet));
	if (!ip_checksum_is_right(packet))
		return L275_DROP_BAD_CHECKSUM;
	if (is_bad_source(&packet->flow))
		return L275_DROP_BAD_SOURCE;
	if (decrement_ttl && packet->ip->ttl <= 1)
		return end_ttl(packet->ctx);
	return STEP_CONTINUE;
}

#endif /* L275_BPF_VALIDATE_H_ */
