/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How old an entry of the flow table is, and whether its flow sent more than one packet. Compiled
 * both for BPF (C) and for userspace (C++).
 *
 * An entry is marked while one packet is all that was seen of its flow: a flood consists of such
 * flows, and the agent's sweep deletes their entries first. The mark is added to the time at which
 * the flow was seen, which is then hours in the future. A program or an agent that does not know
 * of marks takes the entry for one that was seen just now, and keeps it some hours longer. Its own
 * entries have no mark.
 */
#ifndef L275_COMMON_ABI_FLOW_MARK_H_
#define L275_COMMON_ABI_FLOW_MARK_H_

#include <linux/types.h>

/* In ticks. An entry that nobody looks at for 2.4 hours loses its mark. */
#define L275_FLOW_ONE_OTHER 0x4000u /* one packet was seen, and it was no SYN */
#define L275_FLOW_ONE_SYN   0x8000u /* nothing but SYNs was seen */

/*
 * A SYN follows an entry to a draining backend if the flow sent another packet within so many
 * ticks (60 s). Most likely the flow still lives and the SYN is forged or late: a client that has
 * closed a connection does not use the port again before TIME-WAIT is over, 60 s in Linux. The
 * backend answers such a SYN with a challenge ACK (RFC 5961, section 4).
 */
#define L275_SYN_FOLLOWS_TICKS 56

/* L275_FLOW_ONE_SYN, L275_FLOW_ONE_OTHER, or 0 for an entry without a mark. */
static inline __u32 l275_flow_mark(__u32 last_seen, __u32 now)
{
	const __s32 ahead = (__s32)(last_seen - now);

	if (ahead < (__s32)(L275_FLOW_ONE_OTHER / 2))
		return 0;
	if (ahead < (__s32)(L275_FLOW_ONE_SYN - L275_FLOW_ONE_OTHER / 2))
		return L275_FLOW_ONE_OTHER;
	return L275_FLOW_ONE_SYN;
}

/* Ticks since the flow was seen; below 0 when another CPU read the clock later. */
static inline __s32 l275_flow_age(__u32 last_seen, __u32 now)
{
	return (__s32)(now - last_seen + l275_flow_mark(last_seen, now));
}

#endif /* L275_COMMON_ABI_FLOW_MARK_H_ */
