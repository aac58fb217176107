/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the files of the benchmark share.
 *
 * A row is one function, written once for both allocators: @side is a
 * constant where it is expanded, so that each side is the same loop around
 * direct calls, without a test or an indirect call in it.
 */
#ifndef _ZMEM_BENCH_H
#define _ZMEM_BENCH_H

#include <linux/compiler.h>
#include <linux/slab.h>
#include <zmem/zmem.h>

enum bench_side { BENCH_ZMEM, BENCH_KMEM, BENCH_SIDES };

/* Pairs of an allocation and a free between two looks at the clock. */
#define BENCH_PAIRS	1000

/* Looks at the clock; odd, so that there is a middle one. */
#define BENCH_SAMPLES	101

/* Objects held at a time, at most. */
#define BENCH_HELD	100

/**
 * struct bench_row - what is timed
 * @name: in the results
 * @pairs: that one run makes, to divide by
 * @run: makes them, a side each
 */
struct bench_row {
	const char *name;
	unsigned int pairs;
	void (*run[BENCH_SIDES])(void);
};

/* Makes a side's function of a row's. */
#define BENCH_BOTH(row, ...)						\
static noinline void row##_zmem(void) { row(BENCH_ZMEM, ##__VA_ARGS__); }	\
static noinline void row##_kmem(void) { row(BENCH_KMEM, ##__VA_ARGS__); }

#define BENCH_ROW(row, nr_pairs) {					\
	.name = #row,							\
	.pairs = nr_pairs,						\
	.run = { row##_zmem, row##_kmem },				\
}

/* The same cache on both sides. */
struct bench_cache {
	struct zmem_cache *zmem;
	struct kmem_cache *kmem;
};

int bench_cache_create(struct bench_cache *cache, const char *name,
		       unsigned int size, void (*ctor)(void *object));
void bench_cache_destroy(struct bench_cache *cache);

void bench_time_rows(const struct bench_row *rows, unsigned int nr);

int bench_pairs(void);

static __always_inline void *side_cache_alloc(enum bench_side side,
					      struct bench_cache cache, gfp_t gfp)
{
	if (side == BENCH_ZMEM)
		return zmem_cache_alloc(cache.zmem, gfp);
	return kmem_cache_alloc(cache.kmem, gfp);
}

static __always_inline void side_cache_free(enum bench_side side,
					    struct bench_cache cache, void *object)
{
	if (side == BENCH_ZMEM)
		zmem_cache_free(cache.zmem, object);
	else
		kmem_cache_free(cache.kmem, object);
}

static __always_inline void *side_alloc(enum bench_side side, size_t size, gfp_t gfp)
{
	if (side == BENCH_ZMEM)
		return zmem_alloc(size, gfp);
	return kmalloc(size, gfp);
}

static __always_inline void side_free(enum bench_side side, void *p)
{
	if (side == BENCH_ZMEM)
		zmem_free(p);
	else
		kfree(p);
}

#endif /* _ZMEM_BENCH_H */
