/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef L275_BPF_PACKET_H_
#define L275_BPF_PACKET_H_

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/types.h>

#include "common/abi/map_layout.h"

#define FLOW_HAS_PORTS	    0x1
#define FLOW_SYN	    0x2 /* opens a connection */
#define FLOW_FIRST_FRAGMENT 0x4
#define FLOW_LATER_FRAGMENT 0x8

/*
 * What a packet says about its flow, filled in by parse/. The steps that choose a backend read this
 * and no header, so that it does not matter to them which headers it comes from.
 */
struct flow_tuple {
	__be32 source;
	__be32 destination;
	__be16 source_port; /* with FLOW_HAS_PORTS only, as the next one */
	__be16 destination_port;
	__u8 protocol;
	__u8 flags;
};

/* A packet on its way: each step fills in what the later ones need. */
struct packet {
	struct xdp_md *ctx;
	void *end; /* of the frame */

	/* parse/ */
	struct ethhdr *eth;
	__u32 ip_offset;  /* in the frame: tags may be in front of the IP header */
	struct iphdr *ip; /* for validate.h and send/ only */
	struct flow_tuple flow;

	/* select/ */
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
