/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every outcome that the XDP program knows for a packet: once, for the program
 * itself, its counters, the metrics' labels and the words that lbctl prints.
 * Compiled both for BPF (C) and for userspace (C++).
 *
 * X(name, word, action, help)
 *   name    the enumerator L275_<name>
 *   word    the label in metrics and in lbctl
 *   action  what happens to the frame: the suffix of XDP_...
 *   help    one line for people
 *
 * New ones come last: an agent goes on with the counters of an earlier version.
 *
 * Until a packet is known to be addressed to a service it passes, however odd
 * it is; from then on what is wrong with it drops it. Fragments to an address
 * that has a service, and what a VRRP backup has to discard, are dropped
 * before.
 */
#ifndef L275_COMMON_ABI_VERDICTS_H_
#define L275_COMMON_ABI_VERDICTS_H_

#define L275_VERDICTS(X)                                                                           \
	X(FORWARD_TX, "forward_tx", TX, "sent to its backend through the interface it came in on") \
	X(FORWARD_REDIRECT, "forward_redirect", REDIRECT,                                          \
	  "sent to its backend through another interface")                                         \
	X(SLOW_PATH, "slow_path", REDIRECT,                                                        \
	  "handed to the agent, which sends it once it knows the MAC address")                     \
	X(PASS_OTHER_HOST, "pass_other_host", PASS,                                                \
	  "the frame is not addressed to this host's MAC address")                                 \
	X(PASS_NOT_IPV4, "pass_not_ipv4", PASS, "no IPv4 frame, or tagged with a VLAN")            \
	X(PASS_SHORT, "pass_short", PASS, "ends before its destination can be known")              \
	X(PASS_PROTOCOL, "pass_protocol", PASS, "not TCP")                                         \
	X(PASS_FRAGMENT, "pass_fragment", PASS,                                                    \
	  "a later IP fragment to an address without a service")                                   \
	X(PASS_NO_SERVICE, "pass_no_service", PASS,                                                \
	  "no service on its destination address and port")                                        \
	X(DROP_TRUNCATED, "drop_truncated", DROP, "shorter than its headers say")                  \
	X(DROP_MALFORMED, "drop_malformed", DROP, "its headers contradict themselves")             \
	X(DROP_FRAGMENT, "drop_fragment", DROP, "an IP fragment addressed to a service's address") \
	X(DROP_TTL_EXCEEDED, "drop_ttl_exceeded", DROP,                                            \
	  "its TTL ended here, and no answer is sent: too many, or no slow path")                  \
	X(DROP_NO_BACKEND, "drop_no_backend", DROP, "no backend of its service gets flows")        \
	X(DROP_NO_ROUTE, "drop_no_route", DROP, "the kernel has no route to the backend")          \
	X(DROP_NO_NEIGHBOUR, "drop_no_neighbour", DROP, "the backend's MAC address is not known")  \
	X(DROP_FORWARDING_OFF, "drop_forwarding_off", DROP,                                        \
	  "no next hop record, and IP forwarding is off on the interface")                         \
	X(DROP_NO_EGRESS, "drop_no_egress", DROP,                                                  \
	  "the backend's interface is not known to the program")                                   \
	X(DROP_BAD_SOURCE, "drop_bad_source", DROP,                                                \
	  "no host can have its source address, or it is the VIP's or the backend's")              \
	X(DROP_BAD_CHECKSUM, "drop_bad_checksum", DROP, "the checksum of its IP header is wrong")  \
	X(DROP_VRRP_BACKUP, "drop_vrrp_backup", DROP,                                              \
	  "to a VRRP virtual router's MAC address, and this host is not the active one")           \
	X(SLOW_PATH_TTL, "slow_path_ttl", REDIRECT,                                                \
	  "its TTL ended here: handed to the agent, which answers with ICMP time exceeded")

enum l275_verdict {
#define X(name, word, action, help) L275_##name,
	L275_VERDICTS(X)
#undef X
		L275_VERDICT_COUNT,
};

/* The map of their counters outlives a version: there is room for the verdicts of later ones. */
#define L275_VERDICT_ENTRIES 64

#ifdef __cplusplus
static_assert(L275_VERDICT_COUNT <= L275_VERDICT_ENTRIES, "L275_VERDICT_ENTRIES");
#else
_Static_assert(L275_VERDICT_COUNT <= L275_VERDICT_ENTRIES, "L275_VERDICT_ENTRIES");
#endif

#endif /* L275_COMMON_ABI_VERDICTS_H_ */
