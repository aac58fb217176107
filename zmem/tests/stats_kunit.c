// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Shares that surfaces print, of known numbers and of a cache at work. */
#include "tests/util.h"
#include "core/stats.h"

#define NR	1000

static void shares_of_known_numbers(struct kunit *test)
{
	struct zmem_snapshot s = {
		.allocs = 1000, .hits = 875, .fresh = 250,
		.bytes_requested = 600, .bytes_allocated = 800, .bytes_held = 1000,
	};

	KUNIT_EXPECT_EQ(test, zmem_snapshot_hit_rate(&s), 8750);
	KUNIT_EXPECT_EQ(test, zmem_snapshot_reuse(&s), 7500);
	KUNIT_EXPECT_EQ(test, zmem_snapshot_internal(&s), 2500);
	KUNIT_EXPECT_EQ(test, zmem_snapshot_external(&s), 2000);
	/* Read while CPUs go on, a part may be more than the whole. */
	s.hits = 1001;
	KUNIT_EXPECT_EQ(test, zmem_snapshot_hit_rate(&s), 10000);
	/* A part of more than 2^64 / 10000 is not cut off. */
	s.allocs = 1ULL << 50;
	s.hits = 1ULL << 49;
	KUNIT_EXPECT_EQ(test, zmem_snapshot_hit_rate(&s), 5000);
}

static void shares_of_the_unknown(struct kunit *test)
{
	struct zmem_snapshot s = {
		.bytes_requested = ZMEM_UNKNOWN, .bytes_allocated = 800,
	};

	KUNIT_EXPECT_EQ(test, zmem_snapshot_hit_rate(&s), ZMEM_UNKNOWN);
	KUNIT_EXPECT_EQ(test, zmem_snapshot_reuse(&s), ZMEM_UNKNOWN);
	KUNIT_EXPECT_EQ(test, zmem_snapshot_internal(&s), ZMEM_UNKNOWN);
	KUNIT_EXPECT_EQ(test, zmem_snapshot_external(&s), ZMEM_UNKNOWN);
	s.bytes_requested = 1;
	s.bytes_allocated = ZMEM_UNKNOWN;
	KUNIT_EXPECT_EQ(test, zmem_snapshot_internal(&s), ZMEM_UNKNOWN);
}

/* What is freed and allocated again comes from a magazine, and is not new. */
static void shares_of_a_cache(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 100, NULL);
	struct zmem_snapshot *s;
	unsigned int i;

	for (i = 0; i < NR; i++)
		zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->allocs, NR);
	KUNIT_EXPECT_GE(test, zmem_snapshot_hit_rate(s), 9900);
	KUNIT_EXPECT_GE(test, zmem_snapshot_reuse(s), 9000);
	/* No object is live. */
	KUNIT_EXPECT_EQ(test, zmem_snapshot_internal(s), ZMEM_UNKNOWN);
	KUNIT_EXPECT_EQ(test, zmem_snapshot_external(s), 10000);
	zmem_cache_destroy(c);
}

/* A node of no choice is any, small and large. */
static void sizes_of_any_node(struct kunit *test)
{
	static const size_t sizes[] = { 1, 64, 5000, 100000 };
	unsigned int i;
	u8 *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = zmem_alloc_node(sizes[i], GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_GE(test, zmem_usable_size(p), sizes[i]);
		KUNIT_EXPECT_EQ(test, p[0] | p[sizes[i] - 1], 0);
		zmem_free(p);
	}
}

static struct kunit_case stats_cases[] = {
	KUNIT_CASE(shares_of_known_numbers),
	KUNIT_CASE(shares_of_the_unknown),
	KUNIT_CASE(shares_of_a_cache),
	KUNIT_CASE(sizes_of_any_node),
	{}
};

static struct kunit_suite stats_suite = {
	.name = "zmem_stats",
	.init = test_init,
	.exit = test_exit,
	.test_cases = stats_cases,
};

kunit_test_suite(stats_suite);
