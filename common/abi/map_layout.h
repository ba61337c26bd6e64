/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The layout of the maps that the XDP program and the agent share. Compiled
 * both for BPF (C) and for userspace (C++); sizes are asserted on both sides.
 *
 *   service_buckets (array)  key -> service record
 *   services (array)     service record -> which range of `slots` is its table
 *   slots (array)        slot -> backend id of new flows, and whether it is tracked
 *   priors (array)       slot -> backend id of flows without an entry; tracked slots only
 *   flows (hash)         flow -> backend; of tracked slots only
 *   backends (array)     backend id -> address, next hop id
 *   next_hops (array)    next hop id -> interface, MAC addresses
 *   ingress (array)      interface -> its own MAC address, its part of `slow_path`
 *   egress (devmap hash) ifindex -> device, for redirects
 *   slow_path (xskmap)   receive queue of an interface -> AF_XDP socket of the agent
 *   verdicts, *_counters per-CPU packets and bytes
 *   layout (array)       what all of these are like, and the agent's heartbeat
 *   flow_news (ringbuf)  program -> agent: entries of `flows` that it made
 *   untold_flows (array) how many it could not tell of
 *   virtual_routers (array)  interface -> VRRP virtual routers of which it is a member
 *   vips (hash)          every address that has a service
 *   answer_budget (array)    how many packets were handed over to be answered
 *
 * The last five are an agent's own: they are not pinned, and the next agent has others.
 *
 * Id 0 means none in every array. Only the agent's map writer writes configuration, only the
 * programs write flows and counters; the agent's sweep deletes flows that are over. What a packet
 * reads in one load is stored in one store (slots: 4 bytes, halves of a backend: 8); larger records
 * are written while nothing points to them.
 */
#ifndef L275_COMMON_ABI_MAP_LAYOUT_H_
#define L275_COMMON_ABI_MAP_LAYOUT_H_

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

/*
 * The table of services: a hash table in an array, since an array lookup costs the program no call.
 * A key, as a word, is in the bucket that l275_bucket_of_service() (flow_hash.h) names; or, where
 * that one has ever been full, in one of those that follow it, up to the first that has not.
 */
#define L275_BUCKET_ENTRIES 4
#define L275_BUCKET_PROBES  4 /* buckets that a key can be in */

struct l275_service_bucket {
	__u64 key[L275_BUCKET_ENTRIES];	   /* struct l275_service_key; 0: none */
	__u32 record[L275_BUCKET_ENTRIES]; /* index of `services` */
	__u32 overflown;
	__u32 zero[3];
};
L275_ASSERT_SIZE(struct l275_service_bucket, 64);

/* A record is written once, while nothing points to it. */
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
	__u32 word[L275_SLOTS_PER_LINE]; /* of each slot, see below */
};
L275_ASSERT_SIZE(struct l275_slot_line, 64);

/*
 * The word of a slot: its owner, the backend id of new flows; and whether it is tracked, that is,
 * whether flows of an earlier time may belong elsewhere. The program looks at `priors` and `flows`
 * for tracked slots only.
 */
#define L275_SLOT_OWNER	  0x00ffffffu
#define L275_SLOT_TRACKED 0x80000000u

/*
 * The prior word of a tracked slot: the backend id of flows that have no entry; and whether the
 * program could not record a flow, or the sweep deleted the entry of one that may still live, since
 * the agent last cleared the flag. Lies in lines as slots do.
 */
#define L275_PRIOR_BACKEND    0x00ffffffu
#define L275_PRIOR_UNRECORDED 0x80000000u

/*
 * A backend of one service: an address behind two services is two backends. Its two halves change
 * by one store each.
 */
struct l275_backend {
	__be32 address;
	__u32 next_hop;	  /* id; 0: none, see bpf/send/next_hop.h */
	__u32 generation; /* changes when it dies, and when its id gets a new owner */
	__u32 flags;
};
L275_ASSERT_SIZE(struct l275_backend, 16);

#define L275_BACKEND_ALIVE    0x1u /* keeps its flows */
#define L275_BACKEND_DRAINING 0x2u /* and gets no new ones */

/* The rest of the flags: the id of its service, for an agent that takes the maps over. */
#define L275_BACKEND_SERVICE_SHIFT 8

struct l275_flow_key {
	__be32 source;
	__be32 destination;
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;
	__u8 zero[3];
};
L275_ASSERT_SIZE(struct l275_flow_key, 16);

/* Where a flow of a tracked slot belongs; for as long as the backend is of this generation. */
struct l275_flow {
	__u32 backend;
	__u32 generation;
	__u32 last_seen; /* tick of its last packet, and a mark: see flow_mark.h */
	__u32 slot;	 /* as an index of `slots` */
};
L275_ASSERT_SIZE(struct l275_flow, 16);

/* An entry that the program made, or made again. */
struct l275_flow_news {
	struct l275_flow_key key;
	struct l275_flow flow;
};
L275_ASSERT_SIZE(struct l275_flow_news, 32);

#define L275_FLOW_NEWS_BYTES (4u << 20) /* of the ring buffer; 40 for each entry */

/* Coarse time: ticks of 2^30 ns (1.07 s) of CLOCK_MONOTONIC. */
#define L275_TICK_SHIFT 30

/* A CPU's insertions into `flows` during a tick. */
struct l275_flow_budget {
	__u32 tick;
	__u32 used;
};
L275_ASSERT_SIZE(struct l275_flow_budget, 8);

/* Begins as an Ethernet header does, so that both addresses are copied at once. */
struct l275_next_hop {
	__u8 destination[6];
	__u8 source[6];
	__u32 ifindex;
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
	__u16 queues;	   /* receive queues that may have a socket; 0: no slow path */
	__u32 first_queue; /* of them, as an index of `slow_path` */
};
L275_ASSERT_SIZE(struct l275_ingress, 16);

/*
 * The VRRP virtual routers of which an interface is a member, at the interface's index of
 * `ingress`: sets of VRIDs, a bit each.
 */
#define L275_VRID_WORDS 4

struct l275_virtual_routers {
	__u64 member[L275_VRID_WORDS];
	__u64 active[L275_VRID_WORDS]; /* those of them that this host is the active one of */
};
L275_ASSERT_SIZE(struct l275_virtual_routers, 64);

#define L275_SLOW_PATH_QUEUES 4096

/*
 * What the program writes in place of a frame's destination MAC address when it hands the frame to
 * the agent: which backend it is for. The prefix makes it a locally administered address.
 */
#define L275_SLOW_PATH_PREFIX                                                                      \
	{                                                                                          \
		0x02, 0x75                                                                         \
	}

struct l275_slow_path_tag {
	__u8 prefix[2];
	__be32 backend; /* its address */
} __attribute__((packed));
L275_ASSERT_SIZE(struct l275_slow_path_tag, 6);

/* The same for a frame whose TTL has ended, which the agent answers. No backend. */
#define L275_TIME_EXCEEDED_PREFIX                                                                  \
	{                                                                                          \
		0x02, 0x76                                                                         \
	}

/* So many frames are handed over for that in a tick, of all interfaces together. */
#define L275_ANSWERS_PER_TICK 100

struct l275_answer_budget {
	__u32 tick;
	__u32 used;
};
L275_ASSERT_SIZE(struct l275_answer_budget, 8);

#define L275_EGRESS_ENTRIES 1024

/*
 * What has to be known of maps that an agent left. The version changes with everything
 * in this file that such an agent would misread; sizes are what the agent was asked for.
 */
#define L275_LAYOUT_VERSION 1

struct l275_layout {
	__u32 version;
	__u32 services;
	__u32 backends;
	__u32 slots;
	__u32 flows;
	__u32 zero;
	__u64 alive_ns; /* CLOCK_BOOTTIME of the agent's last heartbeat */
};
L275_ASSERT_SIZE(struct l275_layout, 32);

/* What the agent tells bpf/count_sent.bpf.c of a frame that it has sent. */
struct l275_sent_frame {
	__u32 service_id;
	__u32 backend_id;
	__u64 bytes;
};
L275_ASSERT_SIZE(struct l275_sent_frame, 16);

struct l275_counter {
	__u64 packets;
	__u64 bytes; /* of whole frames, without FCS */
};
L275_ASSERT_SIZE(struct l275_counter, 16);

#endif /* L275_COMMON_ABI_MAP_LAYOUT_H_ */
