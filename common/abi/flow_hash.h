/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hash of a flow, and the slot it names. One text for the XDP program (C)
 * and for userspace (C++), so that `lbctl explain` predicts what the program
 * does, bit for bit.
 *
 * The five-tuple is folded in two steps. What is the same for all packets of a
 * service (seed, destination address, protocol) makes the service's hash key,
 * once, in userspace. What differs (source address, both ports) is 64 bits wide
 * and costs a packet one round of mixing.
 *
 * The mixer is variant 13 of D. Stafford's "Better Bit Mixing" (2011), the
 * finalizer of SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom
 * Number Generators", OOPSLA 2014): a bijection of 64 bits. The seed keeps
 * outsiders from guessing slots; it is no cryptographic protection.
 */
#ifndef L275_COMMON_ABI_FLOW_HASH_H_
#define L275_COMMON_ABI_FLOW_HASH_H_

#include <linux/types.h>

static inline __u64 l275_mix64(__u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	x ^= x >> 31;
	return x;
}

/* The hash key of a service. Address in network byte order. */
static inline __u64 l275_service_hash_key(__u64 seed, __be32 destination, __u8 protocol)
{
	return l275_mix64(l275_mix64(seed) ^ ((__u64)protocol << 32 | destination));
}

/* The hash of a flow of the service that has this key. All in network byte order. */
static inline __u64 l275_flow_hash(__u64 service_hash_key, __be32 source, __be16 source_port,
				   __be16 destination_port)
{
	return l275_mix64(service_hash_key ^
			  ((__u64)source << 32 | (__u32)source_port << 16 | destination_port));
}

/*
 * The slot of a hash in a table of so many slots: 0 to slots - 1. Multiply and
 * shift over the hash's upper half instead of a division (Lemire: "Fast Random
 * Integer Generation in an Interval", 2019).
 */
static inline __u32 l275_slot_of_hash(__u64 hash, __u32 slots)
{
	return (__u32)((hash >> 32) * slots >> 32);
}

/*
 * The first bucket of a service's key (struct l275_service_key as a word) among mask + 1 of them:
 * multiplicative hashing, whose upper bits are its good ones (Knuth's TAOCP volume 3, 6.4).
 */
static inline __u32 l275_bucket_of_service(__u64 key, __u32 mask)
{
	return (__u32)((key * 0x9e3779b97f4a7c15ULL >> 32) * (mask + 1ULL) >> 32);
}

#endif /* L275_COMMON_ABI_FLOW_HASH_H_ */
