/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent sets from its flags before it loads the program. */
#ifndef L275_BPF_SETTINGS_H_
#define L275_BPF_SETTINGS_H_

#include <stdbool.h>

/* --decrement_ttl: so that a misconfigured backend cannot loop a packet forever. */
const volatile bool decrement_ttl = true;

#endif /* L275_BPF_SETTINGS_H_ */
