/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent sets from its flags before it loads the program. */
#ifndef L275_BPF_SETTINGS_H_
#define L275_BPF_SETTINGS_H_

#include <stdbool.h>
#include <linux/types.h>

/* --decrement_ttl: so that a misconfigured backend cannot loop a packet forever. */
const volatile bool decrement_ttl = true;

/* Of the table of services: its buckets are a power of two. */
const volatile __u32 service_bucket_mask;

/* --tcp_idle_timeout_s, in ticks: an entry that was not seen for longer counts as absent. */
const volatile __u32 tcp_idle_ticks = 900;

/* --flow_inserts_per_second of each CPU, for a tick. */
const volatile __u32 flow_inserts_per_tick = 100000;

/* --sync_peers: the agent wants to hear of each entry of the flow table, to tell its peers. */
const volatile bool tell_flows;

#endif /* L275_BPF_SETTINGS_H_ */
