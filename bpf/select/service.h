/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From addresses and ports to the service. Behind this step the packet is ours. */
#ifndef L275_BPF_SELECT_SERVICE_H_
#define L275_BPF_SELECT_SERVICE_H_

#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/settings.h"
#include "bpf/step.h"
#include "bpf/vip.h"
#include "common/abi/flow_hash.h"

/* The record of a key in a bucket, 0 for none. */
static __always_inline __u32 find_in_bucket(const struct l275_service_bucket *bucket, __u64 key)
{
#pragma unroll
	for (int i = 0; i < L275_BUCKET_ENTRIES; i++)
		if (bucket->key[i] == key)
			return bucket->record[i];
	return 0;
}

/* For the few keys whose first bucket was full once. */
static __noinline __u32 find_in_next_buckets(__u64 key, __u32 index)
{
	for (int i = 1; i < L275_BUCKET_PROBES; i++) {
		const struct l275_service_bucket *bucket;
		__u32 next = (index + i) & service_bucket_mask;
		__u32 record;

		bucket = bpf_map_lookup_elem(&service_buckets, &next);
		if (!bucket)
			return 0;
		record = find_in_bucket(bucket, key);
		if (record || !bucket->overflown)
			return record;
	}
	return 0;
}

static __always_inline const struct l275_service *lookup_service(const struct flow_tuple *flow,
								 __be16 port)
{
	const union {
		struct l275_service_key parts;
		__u64 word;
	} key = {
		.parts =
			{
				.vip = flow->destination,
				.port = port,
				.protocol = flow->protocol,
			},
	};
	__u32 index = l275_bucket_of_service(key.word, service_bucket_mask);
	const struct l275_service_bucket *bucket = bpf_map_lookup_elem(&service_buckets, &index);
	__u32 record;

	if (!bucket)
		return NULL;
	record = find_in_bucket(bucket, key.word);
	if (!record && bucket->overflown)
		record = find_in_next_buckets(key.word, index);
	return record ? bpf_map_lookup_elem(&services, &record) : NULL;
}

/*
 * Later fragments have no port, and all fragments of a datagram have to meet the same fate: those
 * to an address that has a service are dropped, whatever port they are for.
 */
static __always_inline enum l275_verdict verdict_without_service(const struct packet *packet)
{
	const struct flow_tuple *flow = &packet->flow;

	if (flow->flags & (FLOW_FIRST_FRAGMENT | FLOW_LATER_FRAGMENT) && is_vip(flow->destination))
		return L275_DROP_FRAGMENT;
	if (flow->flags & FLOW_HAS_PORTS)
		return L275_PASS_NO_SERVICE;
	if (flow->flags & FLOW_LATER_FRAGMENT)
		return L275_PASS_FRAGMENT;
	/* The ports are cut off. It is for a service all the same where one is on all ports. */
	return lookup_service(flow, 0) ? L275_DROP_TRUNCATED : L275_PASS_SHORT;
}

static __always_inline enum l275_verdict find_service(struct packet *packet)
{
	const struct flow_tuple *flow = &packet->flow;

	packet->service = NULL;
	if (flow->flags & FLOW_HAS_PORTS) {
		packet->service = lookup_service(flow, flow->destination_port);
		if (!packet->service)
			packet->service = lookup_service(flow, 0);
	}
	return packet->service ? STEP_CONTINUE : verdict_without_service(packet);
}

#endif /* L275_BPF_SELECT_SERVICE_H_ */
