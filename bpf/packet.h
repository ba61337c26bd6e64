/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef L275_BPF_PACKET_H_
#define L275_BPF_PACKET_H_

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/types.h>

#include "common/abi/map_layout.h"

/* A packet on its way: each step fills in what the later ones need. */
struct packet {
	struct xdp_md *ctx;
	void *end; /* of the frame */

	/* parse.h */
	struct ethhdr *eth;
	__u32 ip_offset; /* in the frame: tags may be in front of the IP header */
	struct iphdr *ip;
	struct tcphdr *tcp; /* only its ports are known to be in the frame; NULL: not even they */

	/* service.h, slot.h */
	const struct l275_service *service;
	__u32 backend_id;
	const struct l275_backend *backend;
};

/* The IP header of a frame that is not parsed here. The mask is for the verifier. */
static __always_inline struct iphdr *ip_header_at(const struct xdp_md *ctx, __u32 ip_offset)
{
	return (void *)(long)ctx->data + (ip_offset & 0x1f);
}

static __always_inline __u32 ip_header_length(const struct iphdr *ip)
{
	return ip->ihl * 4;
}

#endif /* L275_BPF_PACKET_H_ */
