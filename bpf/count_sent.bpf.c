// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts a frame that the agent has sent for the XDP program. The agent runs this by
 * BPF_PROG_TEST_RUN: it cannot add to per-CPU counters itself, since storing one from userspace
 * overwrites what the XDP program counts meanwhile.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/traffic_maps.h"

/* The XDP program may interrupt this one on the same CPU, so each addition is one instruction. */
static __always_inline void add(void *counters, __u32 index, __u64 bytes)
{
	struct l275_counter *counter = bpf_map_lookup_elem(counters, &index);

	if (!counter)
		return;
	__sync_fetch_and_add(&counter->packets, 1);
	__sync_fetch_and_add(&counter->bytes, bytes);
}

SEC("syscall")
int l275_count_sent(struct l275_sent_frame *sent)
{
	add(&service_counters, sent->service_id, sent->bytes);
	add(&backend_counters, sent->backend_id, sent->bytes);
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
