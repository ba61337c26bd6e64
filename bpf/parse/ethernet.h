/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The Ethernet header: is the frame for this host, and where in it is the IP header? The packet is
 * not known to be ours yet, so it passes, whatever is odd about it; except for what a VRRP backup
 * must discard.
 */
#ifndef L275_BPF_PARSE_ETHERNET_H_
#define L275_BPF_PARSE_ETHERNET_H_

#include <stdbool.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/step.h"
#include "bpf/vip.h"

#define VLAN_ID_MASK	  0x0fff /* IEEE 802.1Q, section 9.6 */
#define MAX_PRIORITY_TAGS 2

/* Without a heartbeat for so long the agent counts as dead; it sends one every second. */
#define AGENT_DEAD_NS 3000000000ll

struct vlan_tag {
	__be16 tci;
	__be16 ether_type; /* of what follows */
};

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

static __always_inline bool agent_is_alive(void)
{
	__u32 zero = 0;
	const struct l275_layout *state = bpf_map_lookup_elem(&layout, &zero);

	/* Signed: the agent may have read the clock since. */
	return state && (__s64)(bpf_ktime_get_boot_ns() - state->alive_ns) < AGENT_DEAD_NS;
}

/* Whether the IPv4 packet is one of TCP to an address that has a service. */
static __always_inline bool is_for_a_vip(struct xdp_md *ctx, __u32 ip_offset)
{
	const struct iphdr *ip = ip_header_at(ctx, ip_offset);

	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return false;
	return ip->protocol == IPPROTO_TCP && is_vip(ip->daddr);
}

/*
 * For a frame to a VRRP virtual router's address. A switch floods frames for an address that it has
 * not learned: a backup must not forward what the active one forwards, nor answer it ("MUST
 * discard", RFC 9568, section 6.4.2); routers that are not ours do not concern us.
 *
 * Without an agent nobody says any more who is active. Then the members forward all: packets that
 * come twice harm less than a VIP that nobody serves.
 */
static __noinline enum l275_verdict find_virtual_router(struct xdp_md *ctx, __u32 ip_offset,
							__u32 ingress_index, __u32 vrid)
{
	const struct l275_virtual_routers *here =
		bpf_map_lookup_elem(&virtual_routers, &ingress_index);
	__u32 word = (vrid / 64) % L275_VRID_WORDS;
	__u64 bit = 1ull << (vrid % 64);

	if (!here || !(here->member[word] & bit))
		return L275_PASS_OTHER_HOST;
	if (here->active[word] & bit || !agent_is_alive())
		return STEP_CONTINUE;
	return is_for_a_vip(ctx, ip_offset) ? L275_DROP_VRRP_BACKUP : L275_PASS_OTHER_HOST;
}

static __always_inline enum l275_verdict check_destination(const struct packet *packet)
{
	__u32 ifindex = packet->ctx->ingress_ifindex;
	__u32 index = ifindex % L275_INGRESS_ENTRIES;
	const struct l275_ingress *own = bpf_map_lookup_elem(&ingress, &index);
	const __u8 *mac = packet->eth->h_dest;

	if (!own || own->ifindex != ifindex)
		return L275_PASS_OTHER_HOST;
	if (mac_equal(mac, own->mac))
		return STEP_CONTINUE;
	if (!is_vrrp_mac(mac))
		return L275_PASS_OTHER_HOST;
	return find_virtual_router(packet->ctx, packet->ip_offset, index, mac[5]);
}

/*
 * Where the IP header is behind tags that name a priority and no VLAN (VLAN ID 0): to the kernel
 * such a frame is an untagged one, so it is here, and the tags stay. 0: it is something else.
 */
static __noinline __u32 ip_offset_behind_tags(const struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct vlan_tag *tag = (void *)(eth + 1);
	void *end = (void *)(long)ctx->data_end;
	__be16 ether_type;

	if ((void *)tag > end)
		return 0;
	ether_type = eth->h_proto;
#pragma unroll
	for (int tags = 1; tags <= MAX_PRIORITY_TAGS; tags++, tag++) {
		if (ether_type != bpf_htons(ETH_P_8021Q) && ether_type != bpf_htons(ETH_P_8021AD))
			return 0;
		if ((void *)(tag + 1) > end || tag->tci & bpf_htons(VLAN_ID_MASK))
			return 0;
		ether_type = tag->ether_type;
		if (ether_type == bpf_htons(ETH_P_IP))
			return sizeof(*eth) + tags * sizeof(*tag);
	}
	return 0;
}

static __always_inline enum l275_verdict parse_ethernet(struct packet *packet)
{
	packet->eth = (void *)(long)packet->ctx->data;
	if ((void *)(packet->eth + 1) > packet->end)
		return L275_PASS_SHORT;
	return check_destination(packet);
}

#endif /* L275_BPF_PARSE_ETHERNET_H_ */
