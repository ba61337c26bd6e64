/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What happens to packets of tracked slots, counted beside the verdicts. Compiled both for BPF (C)
 * and for userspace (C++).
 *
 * X(name, word, help): the enumerator L275_FLOW_<name>, the label in metrics and lbctl, one line.
 */
#ifndef L275_COMMON_ABI_FLOW_EVENTS_H_
#define L275_COMMON_ABI_FLOW_EVENTS_H_

#define L275_FLOW_EVENTS(X)                                                                        \
	X(FOUND, "found", "its entry said where the flow belongs")                                 \
	X(RECORDED, "recorded", "the choice for the flow was recorded")                            \
	X(LIMITED, "limited", "not recorded: the CPU's budget of insertions was spent")            \
	X(FULL, "full", "not recorded: the flow table is full")

enum l275_flow_event {
#define X(name, word, help) L275_FLOW_##name,
	L275_FLOW_EVENTS(X)
#undef X
		L275_FLOW_EVENT_COUNT,
};

#endif /* L275_COMMON_ABI_FLOW_EVENTS_H_ */
