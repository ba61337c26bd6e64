/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Source addresses that no packet to a service can have. One text for the XDP program (C) and for
 * userspace (C++), so that `lbctl explain` predicts what the program does.
 */
#ifndef L275_COMMON_ABI_BAD_SOURCE_H_
#define L275_COMMON_ABI_BAD_SOURCE_H_

#include <linux/types.h>

/*
 * The source address in host byte order is one that no host has (RFC 1812, section 5.3.7): this
 * network, loopback, multicast, limited broadcast. 240.0.0.0/4 is reserved, but Linux uses it.
 */
static inline int l275_is_bad_source(__u32 source)
{
	const __u32 net = source >> 24;

	if (net - 1 < 126 || net - 128 < 96)
		return 0;
	return net < 240 || source == 0xffffffff;
}

#endif /* L275_COMMON_ABI_BAD_SOURCE_H_ */
