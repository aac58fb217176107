/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Workloads call malloc and free through these.  A pass that is timed gives
 * a constant NULL for the probe, and nothing but the call is left.  With a
 * probe, calls are looked at: contents verified, latencies sampled, addresses
 * remembered.
 */
#ifndef ZMEM_BENCH_PROBE_H
#define ZMEM_BENCH_PROBE_H

#include <stdlib.h>
#include "bench.h"

#define inline_always	static inline __attribute__((__always_inline__))

enum probe_mode {
	PROBE_VERIFY	= 1,	/* patterns in each object */
	PROBE_LATENCY	= 2,	/* every so many calls */
	PROBE_REUSE	= 4,	/* was the address there before? */
};

#define LATENCY_EVERY	13u	/* prime to the workloads' periods */
#define QUANTILES	6u

extern const double probe_quantile[QUANTILES];

/* A histogram; see bucket_of(). */
#define LATENCY_BUCKETS	(28u * 32u)

struct latencies {
	uint64_t count;
	uint32_t bucket[LATENCY_BUCKETS];
};

struct probe {
	unsigned int modes;
	unsigned int left;
	uint64_t allocs;
	uint64_t reused;
	uint64_t *seen;		/* addresses, hashed */
	struct latencies alloc, free;
};

struct probe *probe_new(unsigned int modes);
void *probe_malloc(struct probe *p, size_t size);
void *probe_calloc(struct probe *p, size_t size);
void *probe_aligned(struct probe *p, size_t align, size_t size);
void *probe_realloc(struct probe *p, void *at, size_t size);
void probe_free(struct probe *p, void *at);
uint64_t probe_merge(struct probe **probes, unsigned int count, bool frees,
		     double *quantiles);
double probe_timer_ns(void);

inline_always void *take(struct probe *p, size_t size)
{
	return p ? probe_malloc(p, size) : malloc(size);
}

inline_always void *take_zeroed(struct probe *p, size_t size)
{
	return p ? probe_calloc(p, size) : calloc(1, size);
}

inline_always void *take_aligned(struct probe *p, size_t align, size_t size)
{
	return p ? probe_aligned(p, align, size) : aligned_alloc(align, size);
}

inline_always void *take_again(struct probe *p, void *at, size_t size)
{
	return p ? probe_realloc(p, at, size) : realloc(at, size);
}

inline_always void give(struct probe *p, void *at)
{
	if (p)
		probe_free(p, at);
	else
		free(at);
}

/* What a program does first with an object; a probe has filled it already. */
inline_always void touch(struct probe *p, void *at)
{
	if (!p)
		*(volatile uint64_t *)at = (uintptr_t)at;
}

inline_always void touch_pages(struct probe *p, void *at, size_t size)
{
	size_t i;

	touch(p, at);
	if (!p)
		for (i = 4096; i < size; i += 4096)
			*(volatile char *)(at + i) = 1;
}

/* Two functions of one body: NAME_pass without a probe, NAME_probed with. */
#define TWO_PASSES(name)						\
static void name##_pass(struct worker *w)				\
{									\
	name##_body(w, NULL);						\
}									\
static void name##_probed(struct worker *w)				\
{									\
	name##_body(w, w->probe);					\
}

#endif /* ZMEM_BENCH_PROBE_H */
