/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs that the load balancer is compared with have in common. */
#ifndef L275_BENCH_BPF_PLAIN_H_
#define L275_BENCH_BPF_PLAIN_H_

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Addresses of an Ethernet frame in words, so that they move in few instructions. */
struct macs {
	__u32 destination_begin;
	__u16 destination_end;
	__u16 source_begin;
	__u32 source_end;
};

struct tcp_frame {
	struct macs *macs;
	struct iphdr *ip;
	struct tcphdr *tcp;
};

/* Whether the frame is TCP over IPv4 without options. */
static __always_inline bool parse_tcp(const struct xdp_md *ctx, struct tcp_frame *frame)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	frame->macs = (void *)eth;
	frame->ip = (void *)(eth + 1);
	frame->tcp = (void *)(frame->ip + 1);
	return (void *)(frame->tcp + 1) <= (void *)(long)ctx->data_end &&
	       *(__be16 *)((void *)eth + 2 * ETH_ALEN) == bpf_htons(ETH_P_IP) &&
	       *(__u8 *)frame->ip == 0x45 && frame->ip->protocol == IPPROTO_TCP;
}

/* As bpf/send/rewrite.h does it. */
static __always_inline void decrement_ttl(struct iphdr *ip)
{
	__u32 sum = ip->check + (__u32)bpf_htons(0x0100);

	ip->check = (__u16)(sum + (sum >= 0xffff));
	ip->ttl--;
}

#endif /* L275_BENCH_BPF_PLAIN_H_ */
