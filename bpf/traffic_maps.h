/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was sent, by service and by backend; see bpf/maps.h for the other maps. */
#ifndef L275_BPF_TRAFFIC_MAPS_H_
#define L275_BPF_TRAFFIC_MAPS_H_

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "common/abi/map_layout.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct l275_counter);
} service_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct l275_counter);
} backend_counters SEC(".maps");

#endif /* L275_BPF_TRAFFIC_MAPS_H_ */
