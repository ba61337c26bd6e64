// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The floor, and one look at the slot of the packet's flow in the tables of 1,000 services: the
 * least that any load balancer does that has a table for each service. */
#include "bench/bpf/plain.h"
#include "common/abi/flow_hash.h"
#include "common/abi/map_layout.h"

#define SLOTS (1000 * 16381)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS / L275_SLOTS_PER_LINE + 1);
	__type(key, __u32);
	__type(value, struct l275_slot_line);
} slots SEC(".maps");

static __always_inline __u32 read_slot(const struct tcp_frame *frame)
{
	__u64 hash = l275_flow_hash(frame->ip->daddr, frame->ip->saddr, frame->tcp->source,
				    frame->tcp->dest);
	__u32 slot = l275_slot_of_hash(hash, SLOTS);
	__u32 line_index = slot / L275_SLOTS_PER_LINE;
	const struct l275_slot_line *line = bpf_map_lookup_elem(&slots, &line_index);

	return line ? line->word[slot % L275_SLOTS_PER_LINE] : 0;
}

SEC("xdp")
int l275_bench_load(struct xdp_md *ctx)
{
	struct tcp_frame frame;
	struct macs macs;
	__u32 word;

	if (!parse_tcp(ctx, &frame))
		return XDP_PASS;
	word = read_slot(&frame); /* 0 */
	macs = *frame.macs;
	frame.macs->destination_begin = (macs.source_begin | macs.source_end << 16) + word;
	frame.macs->destination_end = macs.source_end >> 16;
	frame.macs->source_begin = macs.destination_begin;
	frame.macs->source_end = macs.destination_begin >> 16 | macs.destination_end << 16;
	return XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
