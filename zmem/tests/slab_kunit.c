// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Slabs and pools: geometry, bitmap, lists by fullness, pages. */
#include <linux/mm.h>
#include <linux/string.h>

#include "tests/util.h"
#include "core/slab_layout.h"

/* Whatever the size, little of a run is wasted, and objects fit. */
static void geometry(struct kunit *test)
{
	struct zmem_cache_args args = {};
	unsigned int size, nr, order;
	struct zmem_cache *c;
	size_t run;

	for (size = 8; size <= ZMEM_OBJECT_MAX; size += size < 512 ? 8 : 136) {
		c = test_cache(test, size, &args);
		nr = test_slab_objects(c);
		run = PAGE_SIZE << zmem_common(c)->order;
		KUNIT_EXPECT_GE(test, nr, 1);
		KUNIT_EXPECT_LE(test, (size_t)nr * zmem_common(c)->size, run);
		if (size <= 2048)
			KUNIT_EXPECT_LE_MSG(test, run - (size_t)nr * zmem_common(c)->size, run / 16,
					    "size %u order %u", size, zmem_common(c)->order);
		zmem_cache_destroy(c);
	}
	/* With red zones it is more than other caches' slabs hold. */
	args.mode = ZMEM_MODE_DEBUG;
	c = test_cache(test, ZMEM_OBJECT_MAX, &args);
	order = zmem_common(c)->order;
	KUNIT_EXPECT_EQ(test, order, ZMEM_DEBUG_ORDER_MAX);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->order_grown, order);
	KUNIT_EXPECT_EQ(test, zmem_slab_objects(zmem_common(c), order), 1);
	zmem_cache_destroy(c);
}

/* A cache that has grown cuts its slabs to waste less, of more pages. */
static void grown(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 752, NULL);
	void **objects = test_array(test, 2000);
	struct zmem_snapshot *s;

	KUNIT_EXPECT_LE(test, zmem_common(c)->order, zmem_common(c)->order_grown);
	test_fill(test, c, objects, 2000);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_LT(test, s->slabs, 2000 / test_slab_objects(c));
	KUNIT_EXPECT_LT(test, zmem_snapshot_external(s), 700);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 2000), 0);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	zmem_cache_destroy(c);
}

/* Every object of a slab once, none overlapping, all within its run. */
static void every_object_once(struct kunit *test)
{
	struct zmem_cache_args args = { TEST_CLOSED };
	struct zmem_cache *c = test_cache(test, 104, &args);
	unsigned int i, j, nr = test_slab_objects(c);
	void **objects = test_array(test, nr + 1);
	size_t run = PAGE_SIZE << zmem_common(c)->order;

	test_fill(test, c, objects, nr + 1);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 2);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, (unsigned long)objects[i] & ~(run - 1),
				(unsigned long)objects[0] & ~(run - 1));
		for (j = 0; j < i; j++)
			KUNIT_ASSERT_GE(test, abs((char *)objects[i] - (char *)objects[j]),
					(ptrdiff_t)zmem_common(c)->size);
	}
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, nr + 1), 0);
	KUNIT_EXPECT_LE(test, test_snapshot(test, c)->slabs, 1);
	zmem_cache_destroy(c);
}

/* New objects come from the fullest slab, so that the emptiest can go. */
static void fullest_first(struct kunit *test)
{
	struct zmem_cache_args args = { TEST_CLOSED };
	struct zmem_cache *c = test_cache(test, 128, &args);
	unsigned int i, nr = test_slab_objects(c);
	void **objects = test_array(test, 2 * nr);
	void *object;

	test_fill(test, c, objects, 2 * nr);
	for (i = 1; i < nr; i++)
		zmem_cache_free(c, objects[i]);		/* one left in the first */
	zmem_cache_free(c, objects[nr]);		/* one free in the second */
	object = zmem_cache_alloc(c, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, object, objects[nr]);
	for (i = nr + 1; i < 2 * nr; i++)
		zmem_cache_free(c, objects[i]);
	zmem_cache_free(c, object);
	zmem_cache_free(c, objects[0]);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	zmem_cache_destroy(c);
}

/* Writing all over freed objects leads nothing astray: no list is in them. */
static void scribbling(struct kunit *test)
{
	struct zmem_cache_args args = { TEST_CLOSED };
	struct zmem_cache *c = test_cache(test, 64, &args);
	void **objects = test_array(test, 400);
	unsigned int i, round;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < 400; i++)
			objects[i] = zmem_cache_alloc(c, GFP_KERNEL);
		for (i = 0; i < 400; i++) {
			memset(objects[i], 0x41, 64);
			zmem_cache_free(c, objects[i]);
		}
	}
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 0);
	KUNIT_EXPECT_LE(test, test_snapshot(test, c)->slabs, num_possible_nodes());
	zmem_cache_destroy(c);
}

/* Objects freed once are told from fresh ones. */
static void fresh(struct kunit *test)
{
	struct zmem_cache_args args = { TEST_CLOSED };
	struct zmem_cache *c = test_cache(test, 64, &args);
	void *a = zmem_cache_alloc(c, GFP_KERNEL), *b = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->fresh, 2);
	zmem_cache_free(c, a);
	a = zmem_cache_alloc(c, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->fresh, 2);
	KUNIT_EXPECT_EQ(test, zmem_snapshot_reuse(test_snapshot(test, c)), 3334);
	zmem_cache_free(c, a);
	zmem_cache_free(c, b);
	zmem_cache_destroy(c);
}

static void colours(struct kunit *test)
{
	struct zmem_cache_args args = { TEST_CLOSED, .align = 64 };
	struct zmem_cache *c = test_cache(test, 832, &args);
	unsigned int i, nr = test_slab_objects(c), offsets = 0;
	size_t run = PAGE_SIZE << zmem_common(c)->order, last = SIZE_MAX;
	void **objects = test_array(test, 4 * nr);

	test_fill(test, c, objects, 4 * nr);
	for (i = 0; i < 4; i++) {
		size_t offset = (unsigned long)objects[i * nr] & (run - 1);

		KUNIT_EXPECT_TRUE(test, IS_ALIGNED(offset, 64));
		offsets += offset != last;
		last = offset;
	}
	KUNIT_EXPECT_GT(test, offsets, 1);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 4 * nr), 0);
	zmem_cache_destroy(c);
}

static void pool(struct kunit *test)
{
	struct page *page, *again;
	long before;
	unsigned int order, how;

	zmem_pools_trim(ULONG_MAX);
	before = zmem_pools_pages();
	for (order = 0; order <= 10; order++) {
		page = zmem_pool_alloc(GFP_KERNEL, NUMA_NO_NODE, order, &how);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_EXPECT_EQ(test, how, ZMEM_RUN_FRESH);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)page_address(page),
						   PAGE_SIZE << order));
		KUNIT_EXPECT_FALSE(test, zmem_page_tagged(page));
		zmem_pool_free(page, order, how);
		KUNIT_EXPECT_LE(test, zmem_pools_cached(), 256 * num_possible_nodes());
	}
	/* What was freed serves the next call; a bypass never does. */
	page = zmem_pool_alloc(GFP_KERNEL, NUMA_NO_NODE, 2, &how);
	zmem_pool_free(page, 2, how);
	again = zmem_pool_alloc(GFP_KERNEL, page_to_nid(page), 2, &how);
	KUNIT_EXPECT_PTR_EQ(test, again, page);
	KUNIT_EXPECT_EQ(test, how, 0);
	zmem_pool_free(again, 2, how);
	zmem_pools_trim(ULONG_MAX);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), before);
	page = zmem_pool_alloc(GFP_KERNEL | __GFP_DMA32, NUMA_NO_NODE, 0, &how);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, how, ZMEM_RUN_FRESH | ZMEM_RUN_BYPASS);
	zmem_pool_free(page, 0, how);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 0);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), before);
}

/* What a slab is given that is none of its objects is called by its name. */
static void misuse_is_named(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_common *common = zmem_common(c);
	struct zmem_cache *other = zmem_cache_create("kunit-other", 64, NULL);
	void *object = zmem_cache_alloc(c, GFP_KERNEL), *bad;

	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	bad = common;
	zmem_slab_free(common, &bad, 1);
	KUNIT_EXPECT_EQ(test, xchg(&common->reported, 0), 1ul << ZMEM_FOREIGN_POINTER);
	bad = (char *)object + 8;
	zmem_slab_free(common, &bad, 1);
	KUNIT_EXPECT_EQ(test, xchg(&common->reported, 0), 1ul << ZMEM_INTERIOR_POINTER);
	zmem_slab_free(zmem_common(other), &object, 1);
	KUNIT_EXPECT_EQ(test, zmem_common(other)->reported, 1ul << ZMEM_WRONG_CACHE);
	zmem_cache_free(c, object);
	zmem_cache_shrink(c);
	zmem_slab_free(common, &object, 1);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 3);
	zmem_cache_destroy(other);
	zmem_cache_destroy(c);
}

/* What is left of a run behind its last object is none. */
static void behind_the_last(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 104, NULL);
	void *object = zmem_cache_alloc(c, GFP_KERNEL);
	enum zmem_misuse kind;
	struct zmem_slab *slab;
	unsigned int index;
	void *behind;

	KUNIT_ASSERT_NOT_NULL(test, object);
	slab = zmem_slab_of(zmem_common(c), object, &index, &kind);
	KUNIT_ASSERT_NOT_NULL(test, slab);
	behind = slab->base + (size_t)slab->nr * 104;
	KUNIT_ASSERT_PTR_EQ(test, zmem_page_slab(zmem_virt_to_page(behind)), slab);
	KUNIT_EXPECT_NULL(test, zmem_slab_of(zmem_common(c), behind, &index, &kind));
	KUNIT_EXPECT_EQ(test, kind, ZMEM_INTERIOR_POINTER);
	KUNIT_EXPECT_PTR_EQ(test, zmem_slab_of(zmem_common(c), behind - 104, &index, &kind), slab);
	zmem_cache_free(c, object);
	zmem_cache_destroy(c);
}

/* A batch is a trip, be it from a new slab or from one that has objects left. */
static void trips(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_slabs *s = &zmem_common(c)->node[numa_mem_id()]->slabs;
	unsigned int i, batch = test_slab_objects(c) / 2;
	void **objects = test_array(test, 2 * batch);

	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, zmem_slab_alloc(zmem_common(c), GFP_KERNEL, numa_mem_id(),
						      objects + i * batch, batch), batch);
		KUNIT_EXPECT_EQ(test, s->trips, i + 1);
	}
	zmem_slab_free(zmem_common(c), objects, 2 * batch);
	KUNIT_EXPECT_EQ(test, s->trips, 3);
	zmem_cache_destroy(c);
}

static struct kunit_case slab_cases[] = {
	KUNIT_CASE(geometry),
	KUNIT_CASE(grown),
	KUNIT_CASE(every_object_once),
	KUNIT_CASE(fullest_first),
	KUNIT_CASE(scribbling),
	KUNIT_CASE(fresh),
	KUNIT_CASE(colours),
	KUNIT_CASE(pool),
	KUNIT_CASE(misuse_is_named),
	KUNIT_CASE(behind_the_last),
	KUNIT_CASE(trips),
	{}
};

static struct kunit_suite slab_suite = {
	.name = "zmem_slab",
	.init = test_init,
	.exit = test_exit,
	.test_cases = slab_cases,
};

kunit_test_suite(slab_suite);
