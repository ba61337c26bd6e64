/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The layout of the maps that the XDP program and the agent share. Compiled
 * both for BPF (C) and for userspace (C++); sizes are asserted on both sides.
 *
 *   services (hash)      key -> which range of `slots` is its table
 *   slots (array)        slot -> backend id
 *   backends (array)     backend id -> address, next hop id
 *   next_hops (array)    next hop id -> interface, MAC addresses
 *   ingress (array)      interface -> its own MAC address
 *   egress (devmap hash) ifindex -> device, for redirects
 *   *_counters           per-CPU packets and bytes
 *
 * Id 0 means none in every array. Only the agent's map writer writes the first
 * six, only the program writes counters. What a packet reads in one load is
 * stored in one store (slots: 4 bytes, backends: 8); larger records are written
 * while nothing points to them.
 */
#ifndef L275_COMMON_MAP_LAYOUT_H_
#define L275_COMMON_MAP_LAYOUT_H_

#include <linux/types.h>

#ifdef __cplusplus
#define L275_ASSERT_SIZE(type, size) static_assert(sizeof(type) == (size), #type)
#else
#define L275_ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#endif

/* A port of 0 is a service on all ports of its address. */
struct l275_service_key {
	__be32 vip;
	__be16 port;
	__u8 protocol; /* IPPROTO_TCP */
	__u8 zero;
};
L275_ASSERT_SIZE(struct l275_service_key, 8);

struct l275_service {
	__u64 hash_key; /* l275_service_hash_key() */
	__u32 first_slot;
	__u32 slots; /* of its table, at least 1 */
	__u32 id;    /* of its counters */
	__u32 zero;
};
L275_ASSERT_SIZE(struct l275_service, 24);

/*
 * Slots are 4 bytes wide, and an array map rounds each element up to 8. So an
 * element is a cache line of slots.
 */
#define L275_SLOTS_PER_LINE 16

struct l275_slot_line {
	__u32 backend[L275_SLOTS_PER_LINE]; /* backend ids */
};
L275_ASSERT_SIZE(struct l275_slot_line, 64);

/* A backend of one service: an address behind two services is two backends. */
struct l275_backend {
	__be32 address;
	__u32 next_hop; /* id; 0: the program asks the kernel's FIB */
};
L275_ASSERT_SIZE(struct l275_backend, 8);

struct l275_next_hop {
	__u32 ifindex;
	__u8 destination[6];
	__u8 source[6];
};
L275_ASSERT_SIZE(struct l275_next_hop, 16);

/*
 * An interface on which the program is attached, at index ifindex modulo
 * L275_INGRESS_ENTRIES.
 */
#define L275_INGRESS_ENTRIES 1024

struct l275_ingress {
	__u32 ifindex;
	__u8 mac[6];
	__u8 zero[6];
};
L275_ASSERT_SIZE(struct l275_ingress, 16);

#define L275_EGRESS_ENTRIES 1024

struct l275_counter {
	__u64 packets;
	__u64 bytes; /* of whole frames, without FCS */
};
L275_ASSERT_SIZE(struct l275_counter, 16);

#endif /* L275_COMMON_MAP_LAYOUT_H_ */
