// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Watching: no call is served by the fast path, and all else is as it was. */
#include "tests/util.h"
#include "core/latency.h"
#include "core/watch.h"

/* Whether any CPU would serve a call without the slow path. */
static bool is_open(struct zmem_cache *cache)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (READ_ONCE(per_cpu_ptr(zmem_shares(cache), cpu)->high))
			return true;
	return false;
}

static void each_call_is_slow(struct kunit *test)
{
	struct zmem_cache *old = test_cache(test, 64, NULL), *new;
	void **objects = test_array(test, 1000);
	unsigned int i;

	test_fill(test, old, objects, 1000);
	KUNIT_EXPECT_TRUE(test, is_open(old));
	zmem_watch_begin();
	KUNIT_EXPECT_FALSE(test, is_open(old));
	new = zmem_cache_create("kunit-watched", 64, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, new);
	for (i = 0; i < 1000; i++) {
		zmem_cache_free(old, objects[i]);
		KUNIT_EXPECT_FALSE(test, is_open(old));
		objects[i] = zmem_cache_alloc(new, GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, objects[i]);
		KUNIT_EXPECT_FALSE(test, is_open(new));
	}
	zmem_watch_end();
	/* What lies in magazines serves the next calls at once. */
	KUNIT_EXPECT_TRUE(test, is_open(old));
	KUNIT_EXPECT_TRUE(test, is_open(new));
	zmem_cache_free_bulk(new, 1000, objects);
	zmem_cache_destroy(new);
	zmem_cache_destroy(old);
}

/* A watched call that magazines can serve is a hit as before. */
static void hits_stay_hits(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void *objects[16];
	struct zmem_snapshot *s;
	unsigned int i;

	zmem_watch_begin();
	for (i = 0; i < 1000; i++) {
		zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, 16, objects), 16);
		KUNIT_EXPECT_FALSE(test, is_open(c));
		zmem_cache_free_bulk(c, 16, objects);
		KUNIT_EXPECT_FALSE(test, is_open(c));
	}
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->allocs, 17000);
	KUNIT_EXPECT_EQ(test, s->frees, 17000);
	KUNIT_EXPECT_EQ(test, s->objects, 0);
	KUNIT_EXPECT_LE(test, s->misses, 2 * num_online_cpus());
	KUNIT_EXPECT_LE(test, s->free_misses, 2 * num_online_cpus());
	zmem_watch_end();
	zmem_cache_destroy(c);
}

/* Samples are taken of watched caches too, and leave them closed. */
static void samples_do_not_open(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_BALANCED };
	struct zmem_cache *c = test_cache(test, 64, &args);
	unsigned int i;

	zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	zmem_watch_begin();
	zmem_magazines_sample(zmem_common(c));
	for (i = 0; i < 100; i++) {
		zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
		KUNIT_EXPECT_FALSE(test, is_open(c));
	}
	KUNIT_EXPECT_GT(test, test_snapshot(test, c)->latency_samples, 0);
	zmem_watch_end();
	KUNIT_EXPECT_TRUE(test, is_open(c));
	zmem_cache_destroy(c);
}

static struct kunit_case watch_cases[] = {
	KUNIT_CASE(each_call_is_slow),
	KUNIT_CASE(hits_stay_hits),
	KUNIT_CASE(samples_do_not_open),
	{}
};

static struct kunit_suite watch_suite = {
	.name = "zmem_watch",
	.init = test_init,
	.exit = test_exit,
	.test_cases = watch_cases,
};

kunit_test_suite(watch_suite);
