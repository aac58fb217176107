/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Latency samples of balanced caches. */
#ifndef _ZMEM_CORE_LATENCY_H
#define _ZMEM_CORE_LATENCY_H

#include <linux/types.h>

struct zmem_common;
struct zmem_cpu;

u64 zmem_sample_begin(struct zmem_cpu *zc);
void zmem_sample_end(struct zmem_common *c, u64 start);
void zmem_magazines_sample(struct zmem_common *c);
void zmem_latency_calibrate(void);
u64 zmem_latency_detour(void);

#endif /* _ZMEM_CORE_LATENCY_H */
