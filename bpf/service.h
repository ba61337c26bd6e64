/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From addresses and ports to the service. Behind this step the packet is ours. */
#ifndef L275_BPF_SERVICE_H_
#define L275_BPF_SERVICE_H_

#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/parse.h"
#include "bpf/step.h"

static __always_inline const struct l275_service *lookup_service(const struct iphdr *ip,
								 __be16 port)
{
	struct l275_service_key key = {
		.vip = ip->daddr,
		.port = port,
		.protocol = ip->protocol,
	};

	return bpf_map_lookup_elem(&services, &key);
}

/* Only a service on all ports can be known without the port, and needs it to hash. */
static __always_inline enum l275_verdict judge_without_ports(const struct packet *packet)
{
	bool fragment = is_later_fragment(packet->ip);

	if (lookup_service(packet->ip, 0))
		return fragment ? L275_DROP_FRAGMENT : L275_DROP_TRUNCATED;
	return fragment ? L275_PASS_FRAGMENT : L275_PASS_SHORT;
}

static __always_inline enum l275_verdict find_service(struct packet *packet)
{
	if (!packet->tcp)
		return judge_without_ports(packet);
	packet->service = lookup_service(packet->ip, packet->tcp->dest);
	if (!packet->service)
		packet->service = lookup_service(packet->ip, 0);
	return packet->service ? STEP_CONTINUE : L275_PASS_NO_SERVICE;
}

#endif /* L275_BPF_SERVICE_H_ */
