/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the service and the flow's hash to the slot, and the backend in it. That is all in steady
 * state; for a slot whose owner has changed recently, track.h decides.
 */
#ifndef L275_BPF_SELECT_SLOT_H_
#define L275_BPF_SELECT_SLOT_H_

#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/step.h"
#include "bpf/select/track.h"
#include "common/abi/flow_hash.h"

static __always_inline __u32 flow_slot(const struct packet *packet)
{
	const struct l275_service *service = packet->service;
	const struct flow_tuple *flow = &packet->flow;
	__u64 hash = l275_flow_hash(service->hash_key, flow->source, flow->source_port,
				    flow->destination_port);

	return service->first_slot + l275_slot_of_hash(hash, service->slots);
}

static __always_inline enum l275_verdict find_backend(struct packet *packet)
{
	__u32 slot = flow_slot(packet);
	__u32 line_index = slot / L275_SLOTS_PER_LINE;
	const struct l275_slot_line *line = bpf_map_lookup_elem(&slots, &line_index);
	__u32 word, id;

	if (!line)
		return L275_DROP_NO_BACKEND;
	word = line->word[slot % L275_SLOTS_PER_LINE];
	id = word & L275_SLOT_OWNER;
	if (__builtin_expect(word & L275_SLOT_TRACKED, 0))
		id = find_tracked_backend(&packet->flow, slot, id);
	packet->backend_id = id;
	packet->backend = lookup_backend(id);
	if (!packet->backend)
		return L275_DROP_NO_BACKEND;
	/* The backend itself would drop it: no packet from outside has a host's own address. */
	return packet->backend->address == packet->flow.source ? L275_DROP_BAD_SOURCE
							       : STEP_CONTINUE;
}

#endif /* L275_BPF_SELECT_SLOT_H_ */
