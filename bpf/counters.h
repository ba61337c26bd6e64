/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef L275_BPF_COUNTERS_H_
#define L275_BPF_COUNTERS_H_

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"

static __always_inline void count(void *counters, __u32 index, __u64 bytes)
{
	struct l275_counter *counter = bpf_map_lookup_elem(counters, &index);

	if (!counter)
		return;
	counter->packets++;
	counter->bytes += bytes;
}

/* What is handed to the agent is counted when it was sent: see count_sent.bpf.c. */
static __always_inline void count_forwarded(struct xdp_md *ctx, __u32 service_id, __u32 backend_id)
{
	__u64 bytes = ctx->data_end - ctx->data;

	count(&service_counters, service_id, bytes);
	count(&backend_counters, backend_id, bytes);
}

#endif /* L275_BPF_COUNTERS_H_ */
