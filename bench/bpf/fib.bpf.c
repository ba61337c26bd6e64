// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Hashes a flow to one of 100 addresses, and asks the kernel's FIB the way for every packet. */
#include "bench/bpf/plain.h"
#include "common/abi/flow_hash.h"

#define AF_INET	 2
#define BACKENDS 100

const volatile __u32 first_backend; /* host byte order */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} forwarded SEC(".maps");

static __always_inline __be32 choose_backend(const struct tcp_frame *frame)
{
	__u64 hash = l275_flow_hash(0, frame->ip->saddr, frame->tcp->source, frame->tcp->dest);

	return bpf_htonl(first_backend + l275_slot_of_hash(hash, BACKENDS));
}

static __always_inline void count_forwarded(void)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&forwarded, &zero);

	if (count)
		++*count;
}

SEC("xdp")
int l275_bench_fib(struct xdp_md *ctx)
{
	struct bpf_fib_lookup fib = {.family = AF_INET, .ifindex = ctx->ingress_ifindex};
	struct tcp_frame frame;

	if (!parse_tcp(ctx, &frame))
		return XDP_PASS;
	fib.ipv4_src = frame.ip->saddr;
	fib.ipv4_dst = choose_backend(&frame);
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS ||
	    fib.ifindex != ctx->ingress_ifindex)
		return XDP_DROP;
	decrement_ttl(frame.ip);
	__builtin_memcpy((void *)frame.macs, fib.dmac, ETH_ALEN);
	__builtin_memcpy((void *)frame.macs + ETH_ALEN, fib.smac, ETH_ALEN);
	count_forwarded();
	return XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
