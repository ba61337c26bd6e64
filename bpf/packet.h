/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef L275_BPF_PACKET_H_
#define L275_BPF_PACKET_H_

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/types.h>

#include "common/map_layout.h"

/* A packet on its way: each step fills in what the later ones need. */
struct packet {
	struct xdp_md *ctx;
	void *end; /* of the frame */

	/* parse.h */
	struct ethhdr *eth;
	struct iphdr *ip;
	struct tcphdr *tcp; /* only its ports are known to be in the frame; NULL: not even they */

	/* service.h, slot.h */
	const struct l275_service *service;
	__u32 backend_id;
	const struct l275_backend *backend;
};

static __always_inline __u32 ip_header_length(const struct iphdr *ip)
{
	return ip->ihl * 4;
}

#endif /* L275_BPF_PACKET_H_ */
