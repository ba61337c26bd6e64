// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The plain design of a load balancer: every flow is in an LRU hash. A flow that is found needs
 * nothing else but its backend. There is room for all flows of the benchmark twice over, so that
 * none is evicted.
 */
#include "bench/bpf/plain.h"
#include "common/abi/flow_hash.h"

#define BACKENDS 100

const volatile __be32 vip;
const volatile __be16 port;

struct flow {
	__be32 source;
	__be32 destination;
	__be16 source_port;
	__be16 destination_port;
	__u32 protocol;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 21);
	__type(key, struct flow);
	__type(value, __u32); /* backend */
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BACKENDS);
	__type(key, __u32);
	__type(value, struct macs);
} backends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} forwarded SEC(".maps");

static __always_inline __u32 choose_backend(const struct flow *flow)
{
	__u64 hash = l275_flow_hash(0, flow->source, flow->source_port, flow->destination_port);

	return l275_slot_of_hash(hash, BACKENDS);
}

static __always_inline __u32 find_backend(const struct flow *flow)
{
	const __u32 *found = bpf_map_lookup_elem(&flows, flow);
	__u32 backend;

	if (found)
		return *found;
	backend = choose_backend(flow);
	bpf_map_update_elem(&flows, flow, &backend, BPF_ANY);
	return backend;
}

static __always_inline void count_forwarded(void)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&forwarded, &zero);

	if (count)
		++*count;
}

SEC("xdp")
int l275_bench_lru(struct xdp_md *ctx)
{
	const struct macs *backend;
	struct tcp_frame frame;
	__u32 index;

	if (!parse_tcp(ctx, &frame))
		return XDP_PASS;
	if (frame.ip->daddr != vip || frame.tcp->dest != port)
		return XDP_PASS;
	struct flow flow = {
		.source = frame.ip->saddr,
		.destination = frame.ip->daddr,
		.source_port = frame.tcp->source,
		.destination_port = frame.tcp->dest,
		.protocol = frame.ip->protocol,
	};
	index = find_backend(&flow);
	backend = bpf_map_lookup_elem(&backends, &index);
	if (!backend)
		return XDP_DROP;
	decrement_ttl(frame.ip);
	*frame.macs = *backend;
	count_forwarded();
	return XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
