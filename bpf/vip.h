/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef L275_BPF_VIP_H_
#define L275_BPF_VIP_H_

#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"

/* Whether the address has any service. For packets off the main path: it is a call. */
static __always_inline bool is_vip(__be32 address)
{
	return bpf_map_lookup_elem(&vips, &address);
}

#endif /* L275_BPF_VIP_H_ */
