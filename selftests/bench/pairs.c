// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The main rows: objects of 64 bytes, from a cache and by size. */
#include <linux/kernel.h>

#include "bench.h"

static struct bench_cache cache_64;

/* What the loop of the pairs costs by itself, which is a part of them. */
static __always_inline void null(enum bench_side side)
{
	unsigned int n;

	for (n = 0; n < BENCH_PAIRS; n++)
		barrier();
}
BENCH_SIDES(null, null)

static __always_inline void cache_pair(enum bench_side side)
{
	bench_cache_pairs(side, cache_64, GFP_KERNEL);
}
BENCH_SIDES(cache_pair_64, cache_pair)

BENCH_SIDES(size_pair_64, bench_size_pairs, BENCH_PAIRS, BENCH_SIZE, GFP_KERNEL)

/* Freed in the order in which they came. */
static __always_inline void burst(enum bench_side side)
{
	struct bench_cache cache = cache_64;
	void *objects[BENCH_HELD];
	unsigned int n, round;

	for (round = 0; round < BENCH_PAIRS / BENCH_HELD; round++) {
		for (n = 0; n < BENCH_HELD; n++)
			objects[n] = side_cache_alloc(side, cache, GFP_KERNEL);
		for (n = 0; n < BENCH_HELD; n++)
			side_cache_free(side, cache, objects[n]);
	}
}
BENCH_SIDES(burst100_64, burst)

/* BENCH_PAIRS or a few more, in whole bulks. */
#define BULK_ROUNDS(nr)	DIV_ROUND_UP(BENCH_PAIRS, nr)
#define BULK_PAIRS(nr)	((nr) * BULK_ROUNDS(nr))

static __always_inline void bulk(enum bench_side side, unsigned int nr)
{
	struct bench_cache cache = cache_64;
	void *objects[BENCH_HELD];
	unsigned int round;

	for (round = 0; round < BULK_ROUNDS(nr); round++) {
		if (side == BENCH_ZMEM) {
			zmem_cache_alloc_bulk(cache.zmem, GFP_KERNEL, nr, objects);
			zmem_cache_free_bulk(cache.zmem, nr, objects);
		} else {
			kmem_cache_alloc_bulk(cache.kmem, GFP_KERNEL, nr, objects);
			kmem_cache_free_bulk(cache.kmem, nr, objects);
		}
	}
}
BENCH_SIDES(bulk16_64, bulk, 16)
BENCH_SIDES(bulk100_64, bulk, 100)

static const struct bench_row rows[] = {
	BENCH_ROW(null, BENCH_PAIRS),
	BENCH_ROW(cache_pair_64, BENCH_PAIRS),
	BENCH_ROW(size_pair_64, BENCH_PAIRS),
	BENCH_ROW(burst100_64, BENCH_PAIRS),
	BENCH_ROW(bulk16_64, BULK_PAIRS(16)),
	BENCH_ROW(bulk100_64, BULK_PAIRS(100)),
};

int bench_pairs(void)
{
	int err = bench_cache_create(&cache_64, "bench-64", BENCH_SIZE, NULL);

	if (err)
		return err;
	bench_time(rows, ARRAY_SIZE(rows));
	bench_cache_destroy(&cache_64);
	return 0;
}
