// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Magazines and depots: who serves what, and what drains leave. */
#include <linux/preempt.h>

#include "tests/util.h"
#include "core/latency.h"
#include "core/magazine.h"
#include "core/nodes.h"
#include "core/tuner.h"

/* At steady state every call is served by the CPU's own magazines. */
static void pairs_hit(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_snapshot *s;
	unsigned int i;

	for (i = 0; i < 1000; i++)
		zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->allocs, 1000);
	KUNIT_EXPECT_EQ(test, s->frees, 1000);
	KUNIT_EXPECT_EQ(test, s->objects, 0);
	/* A test that moves to another CPU misses once there. */
	KUNIT_EXPECT_LE(test, s->misses, num_online_cpus());
	KUNIT_EXPECT_LE(test, s->fresh, 2 * 60 * num_online_cpus());
	zmem_cache_destroy(c);
}

/* At most one depot lock a magazine in each direction. */
static void bursts_exchange_whole_magazines(struct kunit *test)
{
	struct zmem_cache_args args = { .depot_max_kib = 1024 };
	struct zmem_cache *c = test_cache(test, 64, &args);
	void **objects = test_array(test, 6000);
	struct zmem_snapshot *a, *b;
	unsigned int round;

	/* The depot gets as deep as that in a few rounds. */
	for (round = 0; round < 3; round++) {
		test_fill(test, c, objects, 6000);
		test_drop(c, objects, 6000);
	}
	a = test_snapshot(test, c);
	for (round = 0; round < 10; round++) {
		test_fill(test, c, objects, 6000);
		KUNIT_EXPECT_EQ(test, test_drop(c, objects, 6000), 0);
	}
	b = test_snapshot(test, c);
	KUNIT_EXPECT_LE(test, b->depot_locks - a->depot_locks,
			10 * 2 * (6000 / zmem_common(c)->magazine_size + 2 * num_online_cpus()));
	/* What the first rounds left in the depot serves the others. */
	KUNIT_EXPECT_EQ(test, b->slab_trips, a->slab_trips);
	KUNIT_EXPECT_EQ(test, b->fresh, a->fresh);
	zmem_cache_destroy(c);
}

/* A depot keeps no more than it may; the rest goes back to slabs. */
static void depot_is_bounded(struct kunit *test)
{
	struct zmem_cache_args args = { .depot_max_kib = 16 };
	struct zmem_cache *c = test_cache(test, 64, &args);
	void **objects = test_array(test, 6000);
	unsigned long waiting = 0;
	int node;

	test_fill(test, c, objects, 6000);
	test_drop(c, objects, 6000);
	for_each_node(node) {
		KUNIT_EXPECT_LE(test, test_depot(c, node)->objects * zmem_cache_size(c),
				16 * 1024);
		waiting += test_depot(c, node)->objects;
	}
	KUNIT_EXPECT_GT(test, waiting, 0);
	KUNIT_EXPECT_LT(test, test_snapshot(test, c)->slabs, 6000 / 64);
	zmem_cache_destroy(c);
}

/* The tuner gives back what a burst left, in two looks: seen, then reaped. */
/*
 * Bursts that come again find their magazines in the depot, though the first
 * overflowed it; when no more come, the tuner's looks give all of it back.
 */
static void depot_follows_bursts(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	const size_t nr = 10000;	/* more than twice what a young depot takes */
	void **objects = test_array(test, nr);
	unsigned int round, look, magazines;
	struct zmem_snapshot *a, *b;
	unsigned long left = 0;
	int node;

	for (round = 0; round < 3; round++) {
		test_fill(test, c, objects, nr);
		a = test_snapshot(test, c);
		KUNIT_EXPECT_EQ(test, test_drop(c, objects, nr), 0);
		b = test_snapshot(test, c);
		/* Once the CPU's magazines have grown. */
		magazines = nr / zmem_common(c)->magazine_size + 8;
		KUNIT_EXPECT_LE(test, b->slab_trips - a->slab_trips, magazines);
	}
	a = test_snapshot(test, c);
	for (round = 0; round < 5; round++) {
		test_fill(test, c, objects, nr);
		KUNIT_EXPECT_EQ(test, test_drop(c, objects, nr), 0);
	}
	b = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, b->slab_trips, a->slab_trips);
	for (look = 0; look < 3; look++)
		for_each_node(node)
			zmem_depot_reap(zmem_common(c), node);
	for_each_node(node)
		left += test_depot(c, node)->objects;
	KUNIT_EXPECT_EQ(test, left, 0);
	zmem_cache_destroy(c);
}

static void depot_reaps_what_is_not_worked_with(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 6000);
	unsigned long left = 0;
	int node;

	test_fill(test, c, objects, 6000);
	test_drop(c, objects, 6000);
	for_each_node(node) {
		zmem_depot_reap(zmem_common(c), node);
		zmem_depot_reap(zmem_common(c), node);
		left += test_depot(c, node)->nr_full + test_depot(c, node)->nr_empty;
	}
	KUNIT_EXPECT_EQ(test, left, 0);
	KUNIT_EXPECT_LE(test, test_snapshot(test, c)->slabs,
			2 * num_possible_cpus() * 2 * zmem_common(c)->magazine_size / 64 + 8);
	zmem_cache_destroy(c);
}

static void resize(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 3000);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, zmem_magazine_step(1, 1, 252), 4);
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(4, 1, 252), 12);
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(60, 1, 100), 100);
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(100, 1, 100), 100);
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(252, 1, 1000), 252);
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(4, -1, 252), 4);
	KUNIT_EXPECT_EQ(test, zmem_magazine_step(100, -1, 252), 60);

	/* Magazines of several sizes live side by side. */
	for (i = 0; i < 6; i++) {
		static const unsigned int sizes[] = { 4, 252, 12, 124, 28, 60 };

		WRITE_ONCE(zmem_common(c)->magazine_size, sizes[i]);
		test_fill(test, c, objects, 3000);
		KUNIT_EXPECT_EQ(test, test_drop(c, objects, 3000), 0);
	}
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->magazines, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	zmem_cache_destroy(c);
}

/* A call that finds its CPU busy, as an interrupt's may, is served all the same. */
static void busy(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void *objects[3];
	struct zmem_cpu *zc;

	zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	zc = zmem_cpu_enter(zmem_shares(c));
	KUNIT_ASSERT_NOT_NULL(test, zc);
	objects[0] = zmem_cache_alloc(c, GFP_ATOMIC);
	objects[1] = zmem_cache_alloc(c, GFP_ATOMIC);
	objects[2] = NULL;
	zmem_cache_free(c, objects[0]);
	if (zmem_cache_alloc_bulk(c, GFP_ATOMIC, 1, &objects[2]) == 1)
		zmem_cache_free_bulk(c, 1, &objects[2]);
	zmem_cpu_exit(zc);
	KUNIT_EXPECT_NOT_NULL(test, objects[0]);
	KUNIT_EXPECT_NOT_NULL(test, objects[1]);
	KUNIT_EXPECT_NOT_NULL(test, objects[2]);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->busy, 5);
	zmem_cache_free(c, objects[1]);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_destroy(c);
}

static void preemption_is_balanced(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 500);
	int before = preempt_count();

	test_fill(test, c, objects, 500);
	test_drop(c, objects, 500);
	zmem_cache_alloc_bulk(c, GFP_KERNEL, 500, objects);
	zmem_cache_free_bulk(c, 500, objects);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, preempt_count(), before);
	zmem_cache_destroy(c);
}

static void drain_leaves_nothing(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 1000);
	struct zmem_snapshot *s;

	test_fill(test, c, objects, 1000);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 1000), 0);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_GT(test, s->cached, 0);
	zmem_cache_shrink(c);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->cached, 0);
	KUNIT_EXPECT_EQ(test, s->slabs, 0);
	/* And the cache works on. */
	test_fill(test, c, objects, 1000);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 1000), 0);
	zmem_cache_destroy(c);
}

/* Closed for sampling, magazines serve as before, and are timed. */
static void samples(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_BALANCED };
	struct zmem_cache *c = test_cache(test, 64, &args);
	struct zmem_snapshot *s;
	unsigned int i;

	zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->latency_mean_ns, ZMEM_UNKNOWN);
	zmem_magazines_sample(zmem_common(c));
	for (i = 0; i < 100; i++)
		zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	s = test_snapshot(test, c);
	KUNIT_EXPECT_GT(test, s->latency_samples, 0);
	KUNIT_EXPECT_LE(test, s->latency_samples, 16);
	KUNIT_EXPECT_NE(test, s->latency_mean_ns, ZMEM_UNKNOWN);
	KUNIT_EXPECT_GE(test, s->latency_p99_ns, 1);
	/* Sampled calls that the magazine could serve are hits. */
	KUNIT_EXPECT_GE(test, s->hits, 101 - num_online_cpus());
	KUNIT_EXPECT_EQ(test, s->objects, 0);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	zmem_cache_destroy(c);
}

/* What a dead CPU had goes to the depot as it is, or, its node being closed, to slabs. */
static void dead_cpus_bequeath(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	unsigned int cpu = raw_smp_processor_id();
	int node = numa_mem_id();
	u64 cached;

	zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	cached = test_snapshot(test, c)->cached;
	KUNIT_EXPECT_GT(test, cached, 0);
	zmem_magazines_bequeath(zmem_common(c), cpu);
	KUNIT_EXPECT_EQ(test, test_depot(c, node)->objects, cached);
	zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	zmem_depot_drain(zmem_common(c), node);
	zmem_node_close(node, ZMEM_NODE_LEAVING);
	zmem_magazines_bequeath(zmem_common(c), cpu);
	zmem_node_open(node, ZMEM_NODE_LEAVING);
	KUNIT_EXPECT_EQ(test, test_depot(c, node)->objects, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, 0);
	zmem_cache_destroy(c);
}

static struct kunit_case magazine_cases[] = {
	KUNIT_CASE(dead_cpus_bequeath),
	KUNIT_CASE(pairs_hit),
	KUNIT_CASE(bursts_exchange_whole_magazines),
	KUNIT_CASE(depot_is_bounded),
	KUNIT_CASE(depot_follows_bursts),
	KUNIT_CASE(depot_reaps_what_is_not_worked_with),
	KUNIT_CASE(resize),
	KUNIT_CASE(busy),
	KUNIT_CASE(preemption_is_balanced),
	KUNIT_CASE(drain_leaves_nothing),
	KUNIT_CASE(samples),
	{}
};

static struct kunit_suite magazine_suite = {
	.name = "zmem_magazine",
	.init = test_init,
	.exit = test_exit,
	.test_cases = magazine_cases,
};

kunit_test_suite(magazine_suite);
