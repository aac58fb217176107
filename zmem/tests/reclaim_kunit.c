// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Reclaim: what each strength takes, and what it leaves. */
#include <linux/jiffies.h>
#include <linux/mutex.h>

#include "tests/util.h"

#define COUNT	4000

/* A cache whose depot has an idle part and one that is worked with. */
static struct zmem_cache *worked_cache(struct kunit *test, struct zmem_depot **depot)
{
	struct zmem_cache_args args = { .depot_max_kib = 8192 };
	struct zmem_cache *c = test_cache(test, 256, &args);
	void **objects = test_array(test, COUNT);
	struct zmem_depot *d;
	int node;

	zmem_caches_reclaim(ULONG_MAX);
	/* As deep as it would get after a few bursts. */
	for_each_node(node)
		test_depot(c, node)->depth_kib = args.depot_max_kib;
	test_fill(test, c, objects, COUNT);
	node = page_to_nid(virt_to_page(objects[0]));
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, COUNT), 0);
	d = test_depot(c, node);
	zmem_depot_reap(zmem_common(c), node);
	test_fill(test, c, objects, COUNT / 4);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, COUNT / 4), 0);
	KUNIT_ASSERT_GT(test, d->full_min, 2);
	KUNIT_ASSERT_LT(test, d->full_min, d->nr_full);
	zmem_pools_trim(ULONG_MAX);
	*depot = d;
	return c;
}

/* Makes the working-set estimate old enough to go by. */
static void age(struct zmem_depot *d)
{
	d->looked = jiffies - 10 * HZ;
}

/* Trimming takes what was idle, once; draining takes the rest. */
static void strengths(struct kunit *test)
{
	struct zmem_depot *d;
	struct zmem_cache *c = worked_cache(test, &d);
	struct zmem_common *common = zmem_common(c);
	unsigned int nr = d->nr_full, idle = d->full_min, i;
	int node = page_to_nid(virt_to_page(d->full->objects[0]));

	age(d);
	for (i = 0; i < 3; i++) {
		zmem_depot_trim(common, node);
		KUNIT_EXPECT_EQ(test, d->nr_full, nr - idle);
		KUNIT_EXPECT_EQ(test, d->full_min, 0);
		KUNIT_EXPECT_EQ(test, d->empty_min, 0);
	}
	zmem_depot_drain(common, node);
	KUNIT_EXPECT_EQ(test, d->nr_full, 0);
	KUNIT_EXPECT_EQ(test, d->nr_empty, 0);
	KUNIT_EXPECT_EQ(test, d->objects, 0);
	zmem_cache_destroy(c);
}

/* That nothing was touched since a moment ago makes nothing idle. */
static void young_estimate_is_no_estimate(struct kunit *test)
{
	struct zmem_depot *d;
	struct zmem_cache *c = worked_cache(test, &d);
	int node = page_to_nid(virt_to_page(d->full->objects[0]));
	unsigned int nr = d->nr_full, nr_empty = d->nr_empty;

	d->looked = jiffies;
	zmem_depot_trim(zmem_common(c), node);
	KUNIT_EXPECT_EQ(test, d->nr_full, nr);
	KUNIT_EXPECT_EQ(test, d->nr_empty, nr_empty);
	zmem_cache_destroy(c);
}

/* A scan drains only if trimming gave less than it asked. */
static void scan_escalates(struct kunit *test)
{
	struct zmem_depot *d;
	struct zmem_cache *c = worked_cache(test, &d);
	unsigned int nr = d->nr_full, idle = d->full_min;

	age(d);
	KUNIT_EXPECT_GE(test, zmem_caches_reclaim(1), 1);
	KUNIT_EXPECT_EQ(test, d->nr_full, nr - idle);
	KUNIT_EXPECT_GT(test, d->objects, 0);
	KUNIT_EXPECT_GE(test, zmem_caches_reclaim(ULONG_MAX), 1);
	KUNIT_EXPECT_EQ(test, d->objects, 0);
	zmem_cache_destroy(c);
}

static unsigned long depot_locks(struct zmem_common *c)
{
	unsigned long locks = 0;
	int node;

	for_each_node(node)
		locks += c->node[node]->depot.locks;
	return locks;
}

/* A scan that has what it wants from cached free runs looks at no cache. */
static void free_runs_come_first(struct kunit *test)
{
	struct zmem_common *first = list_first_entry(&zmem_caches, struct zmem_common, list);
	unsigned long locks, freed;
	struct page *page;
	unsigned int how;

	zmem_pools_trim(ULONG_MAX);
	page = zmem_pool_alloc(GFP_KERNEL, NUMA_NO_NODE, 2, &how);
	KUNIT_ASSERT_NOT_NULL(test, page);
	zmem_pool_free(page, 2, how);
	locks = depot_locks(first);
	freed = zmem_caches_reclaim(4);
	KUNIT_EXPECT_EQ(test, freed, 4);
	KUNIT_EXPECT_EQ(test, depot_locks(first), locks);
	zmem_caches_reclaim(ULONG_MAX);
	KUNIT_EXPECT_GT(test, depot_locks(first), locks);
}

/* Reclaim may be entered with the list of caches locked, even by its caller. */
static void locked_out(struct kunit *test)
{
	struct zmem_depot *d;
	struct zmem_cache *c = worked_cache(test, &d);
	unsigned int nr = d->nr_full;
	unsigned long count, freed;

	age(d);
	KUNIT_EXPECT_GT(test, zmem_caches_count(), 0);
	mutex_lock(&zmem_caches_lock);
	count = zmem_caches_count();
	freed = zmem_caches_reclaim(ULONG_MAX);
	mutex_unlock(&zmem_caches_lock);
	KUNIT_EXPECT_EQ(test, count, 0);
	KUNIT_EXPECT_EQ(test, freed, 0);
	KUNIT_EXPECT_EQ(test, d->nr_full, nr);
	zmem_cache_destroy(c);
}

/* A cache without magazines whose later slabs are of a higher order. */
static struct zmem_cache *growing_cache(struct kunit *test)
{
	struct zmem_cache_args args = { TEST_CLOSED };
	unsigned int size;

	for (size = 256; size < 2048; size += 8) {
		struct zmem_cache *c = test_cache(test, size, &args);

		if (zmem_common(c)->order < zmem_common(c)->order_grown)
			return c;
		zmem_cache_destroy(c);
	}
	KUNIT_FAIL_AND_ABORT(test, "no size grows");
	return NULL;
}

/* An empty slab counts with the pages that it has, not that its cache began with. */
static void empty_slabs_count_their_pages(struct kunit *test)
{
	struct zmem_cache *c = growing_cache(test);
	struct zmem_common *common = zmem_common(c);
	unsigned int nr = 16 * test_slab_objects(c) + 1;
	void **objects = test_array(test, nr);
	unsigned long counted;
	struct zmem_slabs *s;

	zmem_caches_reclaim(ULONG_MAX);
	test_fill(test, c, objects, nr);
	s = &common->node[page_to_nid(virt_to_page(objects[nr - 1]))]->slabs;
	KUNIT_EXPECT_EQ(test, s->pages_empty, 0);
	/* The grown slab is the last to become empty: it is the one that stays. */
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, nr), 0);
	zmem_pools_trim(ULONG_MAX);
	counted = zmem_caches_count();
	KUNIT_EXPECT_EQ(test, s->pages_empty, 1UL << common->order_grown);
	KUNIT_EXPECT_EQ(test, zmem_slabs_trim(common, s, 0), 1UL << common->order_grown);
	KUNIT_EXPECT_EQ(test, s->pages_empty, 0);
	zmem_pools_trim(ULONG_MAX);
	KUNIT_EXPECT_EQ(test, counted - zmem_caches_count(), 1UL << common->order_grown);
	zmem_cache_destroy(c);
}

static struct kunit_case reclaim_cases[] = {
	KUNIT_CASE(strengths),
	KUNIT_CASE(young_estimate_is_no_estimate),
	KUNIT_CASE(scan_escalates),
	KUNIT_CASE(free_runs_come_first),
	KUNIT_CASE(locked_out),
	KUNIT_CASE(empty_slabs_count_their_pages),
	{}
};

static struct kunit_suite reclaim_suite = {
	.name = "zmem_reclaim",
	.init = test_init,
	.exit = test_exit,
	.test_cases = reclaim_cases,
};

kunit_test_suite(reclaim_suite);
