/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef L275_BPF_COUNTERS_H_
#define L275_BPF_COUNTERS_H_

#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"
#include "bpf/packet.h"

static __always_inline void count(void *counters, __u32 index, __u64 bytes)
{
	struct l275_counter *counter = bpf_map_lookup_elem(counters, &index);

	if (!counter)
		return;
	counter->packets++;
	counter->bytes += bytes;
}

static __always_inline void count_forwarded(const struct packet *packet)
{
	__u64 bytes = packet->ctx->data_end - packet->ctx->data;

	count(&service_counters, packet->service->id, bytes);
	count(&backend_counters, packet->backend_id, bytes);
}

#endif /* L275_BPF_COUNTERS_H_ */
