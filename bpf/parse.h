/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the frame to its addresses and ports. Nothing here drops: the packet is
 * not known to be ours yet.
 */
#ifndef L275_BPF_PARSE_H_
#define L275_BPF_PARSE_H_

#include <stdbool.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/step.h"

#define IP_FRAGMENT_OFFSET 0x1fff /* RFC 791, section 3.1 */
#define IP_MORE_FRAGMENTS  0x2000

static __always_inline bool is_later_fragment(const struct iphdr *ip)
{
	return ip->frag_off & bpf_htons(IP_FRAGMENT_OFFSET);
}

/* As words: clang 14 makes a call to memcmp() of a comparison of 6 bytes. */
static __always_inline bool mac_equal(const __u8 *a, const __u8 *b)
{
	return *(const __u32 *)a == *(const __u32 *)b &&
	       *(const __u16 *)(a + 4) == *(const __u16 *)(b + 4);
}

/* 00-00-5E-00-01-{VRID}: the virtual router's MAC address (RFC 9568, section 7.3). */
static __always_inline bool is_vrrp_mac(const __u8 *mac)
{
	return mac[0] == 0x00 && mac[1] == 0x00 && mac[2] == 0x5e && mac[3] == 0x00 &&
	       mac[4] == 0x01;
}

/*
 * A switch floods frames for a MAC address that it has not learned, and the standby of a pair must
 * not forward the active one's frames a second time. The virtual router's address says nothing of
 * who is active; the switch learns where it is from the active one's adverts.
 */
static __always_inline bool is_to_this_host(const struct packet *packet)
{
	__u32 ifindex = packet->ctx->ingress_ifindex;
	__u32 index = ifindex % L275_INGRESS_ENTRIES;
	const struct l275_ingress *own = bpf_map_lookup_elem(&ingress, &index);
	const __u8 *mac = packet->eth->h_dest;

	if (!own || own->ifindex != ifindex)
		return false;
	if (mac_equal(mac, own->mac))
		return true;
	return is_vrrp_mac(mac);
}

static __always_inline enum l275_verdict parse_ethernet(struct packet *packet)
{
	packet->eth = (void *)(long)packet->ctx->data;
	if ((void *)(packet->eth + 1) > packet->end)
		return L275_PASS_SHORT;
	if (packet->eth->h_proto != bpf_htons(ETH_P_IP))
		return L275_PASS_NOT_IPV4;
	if (!is_to_this_host(packet))
		return L275_PASS_OTHER_HOST;
	return STEP_CONTINUE;
}

static __always_inline enum l275_verdict parse_ip(struct packet *packet)
{
	struct iphdr *ip = (void *)(packet->eth + 1);

	if ((void *)(ip + 1) > packet->end)
		return L275_PASS_SHORT;
	if (ip->version != 4 || ip->ihl < 5)
		return L275_PASS_NOT_IPV4;
	if (ip->protocol != IPPROTO_TCP)
		return L275_PASS_PROTOCOL;
	packet->ip = ip;
	return STEP_CONTINUE;
}

/* Leaves tcp NULL when the packet has no ports, or they are cut off. */
static __always_inline enum l275_verdict parse_ports(struct packet *packet)
{
	struct tcphdr *tcp = (void *)packet->ip + ip_header_length(packet->ip);

	packet->tcp = NULL;
	if (is_later_fragment(packet->ip))
		return STEP_CONTINUE;
	if ((void *)&tcp->seq <= packet->end)
		packet->tcp = tcp;
	return STEP_CONTINUE;
}

#endif /* L275_BPF_PARSE_H_ */
