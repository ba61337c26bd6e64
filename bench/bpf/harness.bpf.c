// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Stands before the program under test: BPF_PROG_TEST_RUN repeats a program on one frame, and does
 * not undo what the program did to it. This one gives the frame a flow, gives it its first MAC
 * addresses, TTL and checksum back, and goes on to the program. It does the same work for every
 * program and all traffic.
 *
 * It writes fields as wide as programs commonly read them: a wide load behind narrow stores waits
 * for them to leave the store buffer, which it does with no frame from a device.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FIRST_SOURCE 0x0b000000 /* 11.0.0.0 */

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} under_test SEC(".maps");

/* There are 2^flow_bits flows; each comes once before any comes again. */
__u32 flow_bits;
/* Another number, another order of the flows. */
__u32 order;
/* The flows are spread evenly over so many addresses, from first_vip on (host byte order). */
__u32 services;
__u32 first_vip;
__be16 vip_port;
/* What the program under test may have changed, as the frame has it. */
__u64 macs_begin;
__u32 macs_end;
__u16 ttl_protocol;
/* Of the words of the IP header, as they are in memory, without addresses and checksum. */
__u32 header_sum;
/* Counts packets. */
__u32 packet;

/* Where fields are in an untagged frame with an IPv4 header. */
enum offset {
	MACS_BEGIN = 0,
	MACS_END = 8,
	TTL_PROTOCOL_CHECKSUM = ETH_HLEN + __builtin_offsetof(struct iphdr, ttl),
	SOURCE = ETH_HLEN + __builtin_offsetof(struct iphdr, saddr),
	DESTINATION = ETH_HLEN + __builtin_offsetof(struct iphdr, daddr),
	PORTS = ETH_HLEN + sizeof(struct iphdr),
	END = PORTS + sizeof(__u32),
};

/* One store, though it is not aligned. */
static __always_inline void put32(void *frame, enum offset offset, __u32 value)
{
	*(__u32 *)(frame + offset) = value;
}

/* RFC 1071. */
static __always_inline __u32 checksum(__be32 source, __be32 destination)
{
	__u32 sum = header_sum + (source & 0xffff) + (source >> 16) + (destination & 0xffff) +
		    (destination >> 16);

	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16) ~(sum + (sum >> 16));
}

/*
 * Goes through a permutation of the numbers below 2^flow_bits. Flows must not come in the order in
 * which they came first: a table that allocates entries in that order would have them prefetched.
 */
static __always_inline __u32 next_flow(void)
{
	__u32 mask = (1u << (flow_bits & 31)) - 1;
	__u32 flow = (packet++ * 0x9e3779b1u ^ order) & mask;

	flow ^= flow >> 9;
	flow = flow * 0x85ebca6bu & mask;
	return flow ^ flow >> 11;
}

SEC("xdp")
int l275_bench_harness(struct xdp_md *ctx)
{
	void *frame = (void *)(long)ctx->data;
	__u32 flow = next_flow();
	__u32 service = (__u64)flow * services >> (flow_bits & 31);
	__be32 source = bpf_htonl(FIRST_SOURCE + flow);
	__be32 destination = bpf_htonl(first_vip + service);

	if (frame + END > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	*(__u64 *)(frame + MACS_BEGIN) = macs_begin;
	put32(frame, MACS_END, macs_end);
	put32(frame, TTL_PROTOCOL_CHECKSUM, ttl_protocol | checksum(source, destination) << 16);
	put32(frame, SOURCE, source);
	put32(frame, DESTINATION, destination);
	put32(frame, PORTS, (__u32)vip_port << 16 | (__u16)(flow * 0x9e37u | 0x4000));
	bpf_tail_call(ctx, &under_test, 0);
	return XDP_ABORTED;
}

char _license[] SEC("license") = "Dual BSD/GPL";
