/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tracked slots: why connections do not move when a table changes.
 *
 * The owner of such a slot is where new flows go, its prior where flows went before. A flow's
 * entry, if it has one and its backend lives, wins. Otherwise a SYN goes to the owner and anything
 * else to the prior, and the choice is recorded, with a mark (common/abi/flow_mark.h) until a
 * packet other than a SYN follows. What cannot be recorded takes the way that its later packets
 * will take, without an entry: the prior's. So a full table delays a change for new flows, and
 * breaks none.
 */
#ifndef L275_BPF_SELECT_TRACK_H_
#define L275_BPF_SELECT_TRACK_H_

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/settings.h"
#include "common/abi/track_rule.h"

/* A packet of a tracked slot. */
struct tracked {
	struct l275_flow_key key;
	__u32 slot;
	__u32 owner;
	__u32 now; /* tick */
	bool syn;
};

static __always_inline void count_flow_event(enum l275_flow_event event)
{
	__u32 index = event;
	__u64 *count = bpf_map_lookup_elem(&flow_events, &index);

	if (count)
		++*count;
}

static __always_inline const struct l275_backend *lookup_backend(__u32 id)
{
	return id ? bpf_map_lookup_elem(&backends, &id) : NULL;
}

static __always_inline __u32 *lookup_prior(__u32 slot)
{
	__u32 index = slot / L275_SLOTS_PER_LINE;
	struct l275_slot_line *line = bpf_map_lookup_elem(&priors, &index);

	return line ? &line->word[slot % L275_SLOTS_PER_LINE] : NULL;
}

static __always_inline bool is_draining(const struct l275_backend *backend)
{
	return backend->flags & L275_BACKEND_DRAINING;
}

/* The backend of an entry that counts for the packet, NULL if it does not. */
static __always_inline const struct l275_backend *live_backend(const struct l275_flow *flow,
							       const struct tracked *packet)
{
	const struct l275_backend *backend = lookup_backend(flow->backend);

	return l275_packet_follows(flow, backend, packet->slot, packet->syn, packet->now,
				   tcp_idle_ticks)
		       ? backend
		       : NULL;
}

static __always_inline bool spend_insertion(__u32 now)
{
	__u32 zero = 0;
	struct l275_flow_budget *budget = bpf_map_lookup_elem(&flow_budget, &zero);

	if (!budget)
		return false;
	if (budget->tick != now) {
		budget->tick = now;
		budget->used = 0;
	}
	if (budget->used >= flow_inserts_per_tick)
		return false;
	budget->used++;
	return true;
}

/* What the agent did not hear of it finds when it next goes through the flow table. */
static __always_inline void tell(const struct l275_flow_key *key, const struct l275_flow *flow)
{
	const struct l275_flow_news news = {.key = *key, .flow = *flow};
	__u32 zero = 0;
	__u64 *untold;

	if (!tell_flows || bpf_ringbuf_output(&flow_news, (void *)&news, sizeof(news), 0) == 0)
		return;
	untold = bpf_map_lookup_elem(&untold_flows, &zero);
	if (untold)
		__sync_fetch_and_add(untold, 1);
}

static __always_inline bool record(const struct tracked *packet, __u32 backend_id)
{
	const struct l275_backend *backend = lookup_backend(backend_id);
	struct l275_flow flow = {
		.backend = backend_id,
		.generation = backend ? backend->generation : 0,
		.last_seen = packet->now + (packet->syn ? L275_FLOW_ONE_SYN : L275_FLOW_ONE_OTHER),
		.slot = packet->slot,
	};

	/* An entry that is over has its place already. */
	if (bpf_map_update_elem(&flows, &packet->key, &flow, BPF_EXIST) == 0)
		goto recorded;
	if (!spend_insertion(packet->now)) {
		count_flow_event(L275_FLOW_LIMITED);
		return false;
	}
	if (bpf_map_update_elem(&flows, &packet->key, &flow, BPF_ANY) != 0) {
		count_flow_event(L275_FLOW_FULL);
		return false;
	}
recorded:
	count_flow_event(L275_FLOW_RECORDED);
	tell(&packet->key, &flow);
	return true;
}

/*
 * A packet that follows an entry keeps it. A SYN does not show that there is a connection, so it
 * leaves the mark; and it keeps no entry of a draining backend, which a client that tries again and
 * again from one port would never leave.
 */
static __always_inline void refresh(struct l275_flow *flow, const struct l275_backend *backend,
				    const struct tracked *packet)
{
	const __u32 mark = l275_flow_mark(flow->last_seen, packet->now);
	const __u32 last_seen = packet->now + (packet->syn ? mark : 0);

	if (flow->last_seen == last_seen || (packet->syn && is_draining(backend)))
		return;
	flow->last_seen = last_seen;
	if (mark && !packet->syn)
		tell(&packet->key, flow);
}

/* The backend of a flow that has no entry and gets none. */
static __always_inline __u32 backend_without_entry(const struct tracked *packet, __u32 prior_word)
{
	return l275_fallback(prior_word, lookup_backend(prior_word & L275_PRIOR_BACKEND),
			     packet->owner);
}

/*
 * The agent must not take the slot for settled. Returns the prior word as it was when the agent was
 * told: it may have changed since the program first looked.
 */
static __always_inline __u32 tell_unrecorded(__u32 *prior_word, __u32 seen)
{
	if (seen & L275_PRIOR_UNRECORDED)
		return seen;
	return __sync_fetch_and_or(prior_word, L275_PRIOR_UNRECORDED);
}

static __noinline __u32 choose_backend(const struct tracked *packet)
{
	const struct l275_backend *backend;
	__u32 *prior_word, word, choice;
	struct l275_flow *flow;

	if (!packet)
		return 0;
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	backend = flow ? live_backend(flow, packet) : NULL;
	if (backend) {
		refresh(flow, backend, packet);
		count_flow_event(L275_FLOW_FOUND);
		return flow->backend;
	}
	prior_word = lookup_prior(packet->slot);
	if (!prior_word)
		return packet->owner;
	word = *prior_word;
	choice = packet->syn ? packet->owner : backend_without_entry(packet, word);
	if (!choice)
		return 0;
	if (record(packet, choice))
		return choice;
	return backend_without_entry(packet, tell_unrecorded(prior_word, word));
}

/* Returns the id of a backend, 0 for none. `owner` is the slot's. */
static __always_inline __u32 find_tracked_backend(const struct flow_tuple *flow, __u32 slot,
						  __u32 owner)
{
	const struct tracked tracked = {
		.key =
			{
				.source = flow->source,
				.destination = flow->destination,
				.source_port = flow->source_port,
				.destination_port = flow->destination_port,
				.protocol = flow->protocol,
			},
		.slot = slot,
		.owner = owner,
		.now = bpf_ktime_get_coarse_ns() >> L275_TICK_SHIFT,
		.syn = flow->flags & FLOW_SYN,
	};

	return choose_backend(&tracked);
}

#endif /* L275_BPF_SELECT_TRACK_H_ */
