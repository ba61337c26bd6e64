/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef L275_BPF_STEP_H_
#define L275_BPF_STEP_H_

#include "common/abi/verdicts.h"

/*
 * A step of the packet path looks at the packet, notes in it what it found,
 * and returns either the verdict, which ends the path, or STEP_CONTINUE.
 */
#define STEP_CONTINUE L275_VERDICT_COUNT

/* Runs a step; leaves the calling function with its verdict, if there is one. */
#define STEP(step)                                                                                 \
	do {                                                                                       \
		enum l275_verdict verdict_ = (step);                                               \
		if (verdict_ != STEP_CONTINUE)                                                     \
			return verdict_;                                                           \
	} while (0)

#endif /* L275_BPF_STEP_H_ */
