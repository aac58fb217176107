// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Rows of object caches: contents, another node's objects, life and death. */
#include <linux/kernel.h>
#include <linux/nodemask.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "bench.h"

#define LIVES	10

static struct bench_cache plain, constructed;
static int other_node;

static void construct(void *object)
{
	memset(object, 0, BENCH_SIZE);
}

static __always_inline void zeroed(enum bench_side side)
{
	bench_cache_pairs(side, plain, GFP_KERNEL | __GFP_ZERO);
}
BENCH_SIDES(cache_zeroed_64, zeroed)

static __always_inline void ctor(enum bench_side side)
{
	bench_cache_pairs(side, constructed, GFP_KERNEL);
}
BENCH_SIDES(cache_ctor_64, ctor)

/* Objects of another node's memory, freed here. */
static __always_inline void *alloc_there(enum bench_side side, struct bench_cache cache,
					 int node)
{
	if (side == BENCH_ZMEM)
		return zmem_cache_alloc_node(cache.zmem, GFP_KERNEL, node);
	return kmem_cache_alloc_node(cache.kmem, GFP_KERNEL, node);
}

static __always_inline void remote(enum bench_side side, unsigned int held)
{
	struct bench_cache cache = plain;
	void *objects[BENCH_HELD];
	unsigned int n, round;
	int node = other_node;

	for (round = 0; round < BENCH_PAIRS / held; round++) {
		for (n = 0; n < held; n++)
			objects[n] = alloc_there(side, cache, node);
		for (n = 0; n < held; n++)
			side_cache_free(side, cache, objects[n]);
	}
}
BENCH_SIDES(remote_pair_64, remote, 1)
BENCH_SIDES(remote_burst100_64, remote, BENCH_HELD)

/* A cache's life with one object in it. */
static __always_inline void lives(enum bench_side side)
{
	struct bench_cache cache;
	unsigned int n;
	void *p;

	for (n = 0; n < LIVES; n++) {
		if (side == BENCH_ZMEM)
			cache.zmem = zmem_cache_create("bench-life", BENCH_SIZE, NULL);
		else
			cache.kmem = kmem_cache_create("bench-life", BENCH_SIZE, 0,
						       BENCH_NO_MERGE, NULL);
		p = side_cache_alloc(side, cache, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
		side_cache_free(side, cache, p);
		if (side == BENCH_ZMEM)
			zmem_cache_destroy(cache.zmem);
		else
			kmem_cache_destroy(cache.kmem);
	}
}
BENCH_SIDES(cache_life, lives)

static const struct bench_row rows[] = {
	BENCH_ROW(cache_zeroed_64, BENCH_PAIRS),
	BENCH_ROW(cache_ctor_64, BENCH_PAIRS),
	BENCH_ROW(cache_life, LIVES),
};

static const struct bench_row remote_rows[] = {
	BENCH_ROW(remote_pair_64, BENCH_PAIRS),
	BENCH_ROW(remote_burst100_64, BENCH_PAIRS),
};

static void time_rows(void)
{
	int node;

	bench_time(rows, ARRAY_SIZE(rows));
	for_each_node_state(node, N_MEMORY) {
		if (node == numa_mem_id())
			continue;
		other_node = node;
		bench_time(remote_rows, ARRAY_SIZE(remote_rows));
		return;
	}
}

int bench_caches(void)
{
	int err = bench_cache_create(&plain, "bench-plain", BENCH_SIZE, NULL);

	if (err)
		return err;
	err = bench_cache_create(&constructed, "bench-ctor", BENCH_SIZE, construct);
	if (!err) {
		time_rows();
		bench_cache_destroy(&constructed);
	}
	bench_cache_destroy(&plain);
	return err;
}
