// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The least that a program can do that sends a TCP packet on: what others are
 * compared with. */
#include "bench/bpf/plain.h"

SEC("xdp")
int l275_bench_floor(struct xdp_md *ctx)
{
	struct tcp_frame frame;
	struct macs macs;

	if (!parse_tcp(ctx, &frame))
		return XDP_PASS;
	macs = *frame.macs;
	frame.macs->destination_begin = macs.source_begin | macs.source_end << 16;
	frame.macs->destination_end = macs.source_end >> 16;
	frame.macs->source_begin = macs.destination_begin;
	frame.macs->source_end = macs.destination_begin >> 16 | macs.destination_end << 16;
	return XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
