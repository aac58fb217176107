// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What a snapshot says of a cache, number by number. */
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "tests/util.h"
#include "core/latency.h"
#include "core/magazine.h"
#include "core/share.h"
#include "core/sizes.h"
#include "core/tuner.h"

static void settings(struct kunit *test)
{
	struct zmem_cache_args args = { .align = 64, .magazine_max = 20, .tune_interval_ms = 4321,
					.flags = ZMEM_HWCACHE_ALIGN };
	struct zmem_cache *c = test_cache(test, 100, &args);
	struct zmem_snapshot *s;

	zmem_common(c)->tuner.runs = 2;
	zmem_common(c)->tuner.grown = 3;
	zmem_common(c)->tuner.shrunk = 5;
	zmem_common(c)->tuner.trimmed = 7;
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->object_size, 100);
	KUNIT_EXPECT_EQ(test, s->size, 128);
	KUNIT_EXPECT_EQ(test, s->align, 64);
	KUNIT_EXPECT_EQ(test, s->order, zmem_common(c)->order);
	KUNIT_EXPECT_EQ(test, s->objects_per_slab, (PAGE_SIZE << s->order) / 128);
	KUNIT_EXPECT_EQ(test, s->mode, ZMEM_MODE_FAST);
	KUNIT_EXPECT_EQ(test, s->flags, ZMEM_HWCACHE_ALIGN);
	KUNIT_EXPECT_EQ(test, s->magazine_size, 20);
	KUNIT_EXPECT_EQ(test, s->tune_interval_ms, 4321);
	KUNIT_EXPECT_EQ(test, s->tuner_runs, 2);
	KUNIT_EXPECT_EQ(test, s->tuner_grown, 3);
	KUNIT_EXPECT_EQ(test, s->tuner_shrunk, 5);
	KUNIT_EXPECT_EQ(test, s->tuner_trimmed, 7);
	zmem_cache_destroy(c);
	/* No magazines, no size of them. */
	args = (struct zmem_cache_args){ .flags = ZMEM_CACHE_DMA32 };
	c = test_cache(test, 100, &args);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->magazine_size, 0);
	zmem_cache_destroy(c);
}

/* What the shares of all CPUs and nodes of a cache without objects take. */
static size_t bare_bytes(const struct zmem_common *c)
{
	return ksize(c) + num_possible_cpus() * (sizeof(struct zmem_cpu_area) +
						 nr_node_ids * sizeof(void *)) +
	       num_possible_nodes() * sizeof(struct zmem_node);
}

static void bytes(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 100, NULL);
	struct zmem_common *common = zmem_common(c);
	void **objects = test_array(test, 500);
	unsigned long pages = 0, records = 0, slabs = 0;
	struct zmem_snapshot *s;
	int node;

	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->bytes_held, bare_bytes(common));
	KUNIT_EXPECT_EQ(test, s->bytes_allocated + s->bytes_requested, 0);
	test_fill(test, c, objects, 500);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->bytes_requested, 500 * 100);
	KUNIT_EXPECT_EQ(test, s->bytes_allocated, 500 * common->size);
	for_each_node(node) {
		slabs += common->node[node]->slabs.nr;
		pages += common->node[node]->slabs.pages;
		records += common->node[node]->slabs.desc_bytes;
	}
	KUNIT_EXPECT_EQ(test, s->slabs, slabs);
	KUNIT_EXPECT_GE(test, pages * PAGE_SIZE, 500 * common->size);
	KUNIT_EXPECT_GT(test, records, 0);
	KUNIT_EXPECT_EQ(test, s->bytes_held, bare_bytes(common) + pages * PAGE_SIZE + records +
			atomic_long_read(&common->magazine_bytes));
	KUNIT_EXPECT_EQ(test, s->magazines, atomic_long_read(&common->magazines));
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 500), 0);
	zmem_cache_shrink(c);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->bytes_held, bare_bytes(common));
	zmem_cache_destroy(c);
}

/* Calls are counted once each, wherever they are served. */
static void calls(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 1000);
	struct zmem_snapshot *s;
	unsigned int round;

	for (round = 1; round <= 5; round++) {
		test_fill(test, c, objects, 1000);
		s = test_snapshot(test, c);
		KUNIT_EXPECT_EQ(test, s->allocs, round * 1000);
		KUNIT_EXPECT_EQ(test, s->frees, (round - 1) * 1000);
		KUNIT_EXPECT_EQ(test, test_drop(c, objects, 1000), 0);
		s = test_snapshot(test, c);
		KUNIT_EXPECT_EQ(test, s->allocs, round * 1000);
		KUNIT_EXPECT_EQ(test, s->frees, round * 1000);
		KUNIT_EXPECT_EQ(test, s->failures, 0);
	}
	for (round = 6; round <= 9; round++) {
		KUNIT_EXPECT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, 1000, objects), 1000);
		zmem_cache_free_bulk(c, 1000, objects);
		s = test_snapshot(test, c);
		KUNIT_EXPECT_EQ(test, s->allocs, round * 1000);
		KUNIT_EXPECT_EQ(test, s->frees, round * 1000);
	}
	zmem_cache_destroy(c);
}

/* Runs of pages are counted as they are, less than a page more than asked for. */
static void large(struct kunit *test)
{
	const size_t size = 4 * PAGE_SIZE + 1;
	struct zmem_snapshot *a, *b;
	void *p;

	zmem_pools_trim(ULONG_MAX);
	a = test_snapshot(test, zmem_large->cache);
	p = zmem_alloc(size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, zmem_usable_size(p), 5 * PAGE_SIZE);
	b = test_snapshot(test, zmem_large->cache);
	KUNIT_EXPECT_EQ(test, b->allocs - a->allocs, 1);
	KUNIT_EXPECT_EQ(test, b->fresh - a->fresh, 1);
	KUNIT_EXPECT_EQ(test, b->objects - a->objects, 1);
	KUNIT_EXPECT_EQ(test, b->slabs, b->objects);
	KUNIT_EXPECT_EQ(test, b->bytes_requested - a->bytes_requested, size);
	KUNIT_EXPECT_EQ(test, b->bytes_allocated - a->bytes_allocated, 5 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, b->bytes_held - a->bytes_held, 5 * PAGE_SIZE);
	zmem_free(p);
	b = test_snapshot(test, zmem_large->cache);
	KUNIT_EXPECT_EQ(test, b->frees - a->frees, 1);
	KUNIT_EXPECT_EQ(test, b->objects, a->objects);
	KUNIT_EXPECT_EQ(test, b->bytes_requested, a->bytes_requested);
	KUNIT_EXPECT_EQ(test, b->bytes_allocated, a->bytes_allocated);
	/* A run that a pool keeps is held, and is not fresh when it comes again. */
	zmem_free(zmem_alloc(4 * PAGE_SIZE, GFP_KERNEL));
	b = test_snapshot(test, zmem_large->cache);
	KUNIT_EXPECT_EQ(test, b->cached, zmem_pools_cached());
	KUNIT_EXPECT_GE(test, b->cached, 4);
	KUNIT_EXPECT_EQ(test, b->bytes_held - a->bytes_held, (b->cached - a->cached) * PAGE_SIZE);
	zmem_free(zmem_alloc(4 * PAGE_SIZE, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, test_snapshot(test, zmem_large->cache)->fresh, b->fresh);
	zmem_pools_trim(ULONG_MAX);
}

/* 98 or 99 of a hundred calls in 8 to 15 ns, the others slower. */
static void latencies(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_BALANCED };
	struct zmem_cache *c = test_cache(test, 64, &args);
	struct zmem_latency *l = zmem_common(c)->latency;
	struct zmem_snapshot *s;

	KUNIT_ASSERT_NOT_NULL(test, l);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->latency_detour_ns, zmem_latency_detour());
	KUNIT_EXPECT_EQ(test, s->latency_samples, 0);
	KUNIT_EXPECT_EQ(test, s->latency_p99_ns, ZMEM_UNKNOWN);
	atomic_long_set(&l->samples, 100);
	atomic_long_set(&l->total_ns, 2300);
	atomic_long_set(&l->bucket[3], 99);
	atomic_long_set(&l->bucket[10], 1);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->latency_samples, 100);
	KUNIT_EXPECT_EQ(test, s->latency_mean_ns, 23);
	KUNIT_EXPECT_EQ(test, s->latency_p99_ns, 15);
	atomic_long_set(&l->bucket[3], 98);
	atomic_long_set(&l->bucket[10], 2);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->latency_p99_ns, 2047);
	/* Of many, one more than a hundredth. */
	atomic_long_set(&l->samples, 10000);
	atomic_long_set(&l->bucket[3], 9899);
	atomic_long_set(&l->bucket[10], 101);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->latency_p99_ns, 2047);
	zmem_cache_destroy(c);
	c = test_cache(test, 64, NULL);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->latency_detour_ns, ZMEM_UNKNOWN);
	KUNIT_EXPECT_EQ(test, s->latency_mean_ns, ZMEM_UNKNOWN);
	zmem_cache_destroy(c);
}

/* This CPU's samples that are yet to be taken; -1 if it is busy. */
static long closed(struct zmem_cache *c)
{
	struct zmem_cpu *zc = zmem_cpu_enter(zmem_shares(c));
	long left = -1;

	if (zc) {
		left = zmem_slow(zc)->closed;
		zmem_cpu_exit(zc);
	}
	return left;
}

/* A look at a cache that works asks for sixteen samples, and gets them. */
static void samples(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_BALANCED };
	struct zmem_cache *c = test_cache(test, 64, &args);
	unsigned long total = 0, least;
	struct zmem_latency *l = zmem_common(c)->latency;
	struct cpumask wishes;
	unsigned int i;

	/* A CPU without a magazine has nothing to be sampled. */
	zmem_magazines_sample(zmem_common(c));
	KUNIT_EXPECT_EQ(test, closed(c), 0);
	zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	cpumask_clear(&wishes);
	mutex_lock(&zmem_caches_lock);
	zmem_tuner_look(zmem_common(c), &wishes);
	mutex_unlock(&zmem_caches_lock);
	KUNIT_EXPECT_TRUE(test, cpumask_test_cpu(raw_smp_processor_id(), &wishes));
	zmem_tuner_this_cpu(NULL);
	KUNIT_EXPECT_EQ(test, closed(c), 16);
	/* Wished once, done once. */
	zmem_tuner_this_cpu(NULL);
	for (i = 0; i < 5; i++)
		zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, closed(c), 6);
	for (i = 0; i < 20; i++)
		zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, closed(c), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->latency_samples, 16);
	for (i = 0, least = 0; i < ZMEM_LATENCY_BUCKETS; i++) {
		total += atomic_long_read(&l->bucket[i]);
		least += i ? atomic_long_read(&l->bucket[i]) << i : 0;
	}
	KUNIT_EXPECT_EQ(test, total, 16);
	KUNIT_EXPECT_GE(test, atomic_long_read(&l->total_ns), least);
	KUNIT_EXPECT_LE(test, atomic_long_read(&l->total_ns), 2 * least + 16);
	zmem_cache_destroy(c);
}

/* Two CPUs' clocks differ: a sample that ends before it began took no time. */
static void samples_between_clocks(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_BALANCED };
	struct zmem_cache *c = test_cache(test, 64, &args);
	struct zmem_latency *l = zmem_common(c)->latency;

	zmem_sample_end(zmem_common(c), local_clock() + NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&l->samples), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&l->total_ns), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&l->bucket[0]), 1);
	zmem_cache_destroy(c);
}

/* What finds its CPU busy, as an interrupt may, leaves the magazines alone. */
static void busy_ones_are_left_alone(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_BALANCED };
	struct zmem_cache *c = test_cache(test, 64, &args);
	struct zmem_cpu *zc;
	u64 cached;

	zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	cached = test_snapshot(test, c)->cached;
	KUNIT_EXPECT_GT(test, cached, 0);
	zc = zmem_cpu_enter(zmem_shares(c));
	KUNIT_ASSERT_NOT_NULL(test, zc);
	zmem_magazines_sample(zmem_common(c));
	zmem_magazines_drain_this_cpu(zmem_common(c));
	zmem_sample_end(zmem_common(c), 1);
	zmem_cpu_exit(zc);
	KUNIT_EXPECT_EQ(test, closed(c), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, cached);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->latency_samples, 1);
	zmem_cache_destroy(c);
}

/* Each cache has a number, and no other has it. */
static void caches_by_number(struct kunit *test)
{
	struct zmem_snapshot *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct zmem_cache *c = test_cache(test, 24, NULL);
	unsigned int n, large_seen = 0, mine_seen = 0;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (n = 0; !zmem_snapshot_nth(n, s); n++) {
		large_seen += !strcmp(s->name, "zmem-large");
		mine_seen += !strcmp(s->name, "kunit") && s->object_size == 24;
	}
	KUNIT_EXPECT_EQ(test, large_seen, 1);
	KUNIT_EXPECT_EQ(test, mine_seen, 1);
	KUNIT_EXPECT_EQ(test, zmem_snapshot_nth(n, s), -ENOENT);
	/* Caches stand in the order in which they were made. */
	KUNIT_EXPECT_EQ(test, zmem_snapshot_nth(n - 1, s), 0);
	KUNIT_EXPECT_STREQ(test, s->name, "kunit");
	zmem_cache_destroy(c);
	KUNIT_EXPECT_EQ(test, zmem_snapshot_nth(n - 1, s), -ENOENT);
}

static struct kunit_case snapshot_cases[] = {
	KUNIT_CASE(settings),
	KUNIT_CASE(bytes),
	KUNIT_CASE(calls),
	KUNIT_CASE(large),
	KUNIT_CASE(latencies),
	KUNIT_CASE(samples),
	KUNIT_CASE(samples_between_clocks),
	KUNIT_CASE(busy_ones_are_left_alone),
	KUNIT_CASE(caches_by_number),
	{}
};

static struct kunit_suite snapshot_suite = {
	.name = "zmem_snapshot",
	.init = test_init,
	.exit = test_exit,
	.test_cases = snapshot_cases,
};

kunit_test_suite(snapshot_suite);
