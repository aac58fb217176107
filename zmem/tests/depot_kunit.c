// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A node's depot, magazine by magazine: what comes, goes, and is counted. */
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "tests/util.h"

#define FIRST_KIB	256	/* how deep a young depot may get */
#define SPARE		4	/* empty magazines that may wait without full ones */

static struct zmem_magazine *magazine(struct kunit *test, struct zmem_cache *c, unsigned int size)
{
	struct zmem_magazine *mag = zmem_magazine_new(zmem_common(c), GFP_KERNEL, numa_mem_id(),
						      size);

	KUNIT_ASSERT_NOT_NULL(test, mag);
	return mag;
}

/* A magazine of the cache's present size, with @nr objects. */
static struct zmem_magazine *full_magazine(struct kunit *test, struct zmem_cache *c,
					   unsigned int nr)
{
	struct zmem_magazine *mag = magazine(test, c, zmem_common(c)->magazine_size);

	mag->count = zmem_slab_alloc(zmem_common(c), GFP_KERNEL, numa_mem_id(), mag->objects, nr);
	KUNIT_ASSERT_EQ(test, mag->count, nr);
	return mag;
}

static void magazines_are_counted(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_common *common = zmem_common(c);
	struct zmem_magazine *mag = magazine(test, c, 28);

	KUNIT_EXPECT_EQ(test, mag->size, 28);
	KUNIT_EXPECT_EQ(test, mag->count, 0);
	KUNIT_EXPECT_EQ(test, mag->guard, 0);
	KUNIT_EXPECT_EQ(test, mag->node, numa_mem_id());
	KUNIT_EXPECT_GE(test, ksize(mag), sizeof(*mag) + 28 * sizeof(void *));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&common->magazines), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&common->magazine_bytes), ksize(mag));
	zmem_magazine_delete(common, mag);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&common->magazines), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&common->magazine_bytes), 0);
	zmem_cache_destroy(c);
}

/* Empty ones wait for an exchange, but not those of a size that is past. */
static void empty_magazines_wait(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_depot *d = test_depot(c, numa_mem_id());
	struct zmem_common *common = zmem_common(c);
	struct zmem_magazine *mag;
	unsigned int i;

	zmem_depot_put(common, magazine(test, c, common->magazine_size));
	KUNIT_EXPECT_EQ(test, d->nr_empty, 1);
	KUNIT_EXPECT_EQ(test, d->exchanges, 1);
	KUNIT_EXPECT_EQ(test, d->locks, 1);
	zmem_depot_put(common, magazine(test, c, 4));
	KUNIT_EXPECT_EQ(test, d->nr_empty, 1);
	KUNIT_EXPECT_EQ(test, d->exchanges, 1);
	KUNIT_EXPECT_EQ(test, d->flushed, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&common->magazines), 1);
	mag = zmem_depot_get_empty(common, numa_mem_id(), NULL);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	KUNIT_EXPECT_EQ(test, d->nr_empty, 0);
	KUNIT_EXPECT_EQ(test, d->exchanges, 2);
	KUNIT_EXPECT_NULL(test, zmem_depot_get_empty(common, numa_mem_id(), NULL));
	KUNIT_EXPECT_EQ(test, d->exchanges, 2);
	zmem_depot_put(common, mag);
	for (i = 0; i < SPARE + 3; i++)
		zmem_depot_put(common, magazine(test, c, common->magazine_size));
	KUNIT_EXPECT_EQ(test, d->nr_empty, SPARE);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&common->magazines), SPARE);
	zmem_cache_destroy(c);
}

/* Full ones come back, the warmest first, for an empty one each. */
static void full_magazines_wait(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_depot *d = test_depot(c, numa_mem_id());
	struct zmem_common *common = zmem_common(c);
	struct zmem_magazine *mags[3], *empty;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		mags[i] = full_magazine(test, c, 3 + i);
		KUNIT_EXPECT_NULL(test, zmem_depot_get_empty(common, numa_mem_id(), mags[i]));
	}
	KUNIT_EXPECT_EQ(test, d->nr_full, 3);
	KUNIT_EXPECT_EQ(test, d->objects, 3 + 4 + 5);
	KUNIT_EXPECT_EQ(test, d->exchanges, 3);
	KUNIT_EXPECT_EQ(test, d->locks, 3);
	empty = magazine(test, c, common->magazine_size);
	KUNIT_EXPECT_PTR_EQ(test, zmem_depot_get_full(common, numa_mem_id(), empty), mags[2]);
	KUNIT_EXPECT_EQ(test, d->nr_full, 2);
	KUNIT_EXPECT_EQ(test, d->nr_empty, 1);
	KUNIT_EXPECT_EQ(test, d->objects, 3 + 4);
	KUNIT_EXPECT_EQ(test, d->exchanges, 5);
	/* Of a size that is past, an empty one is not kept. */
	empty = magazine(test, c, 4);
	KUNIT_EXPECT_PTR_EQ(test, zmem_depot_get_full(common, numa_mem_id(), empty), mags[1]);
	KUNIT_EXPECT_EQ(test, d->nr_empty, 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&common->magazines), 4);
	zmem_depot_put(common, mags[1]);
	zmem_depot_put(common, mags[2]);
	KUNIT_EXPECT_EQ(test, d->nr_full, 3);
	zmem_depot_drain(common, numa_mem_id());
	KUNIT_EXPECT_EQ(test, d->nr_full + d->nr_empty, 0);
	KUNIT_EXPECT_EQ(test, d->objects, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&common->magazines), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, 0);
	KUNIT_EXPECT_NULL(test, zmem_depot_get_full(common, numa_mem_id(), NULL));
	/* Another CPU takes the last one between the look and the lock. */
	d->nr_full = 1;
	KUNIT_EXPECT_NULL(test, zmem_depot_get_full(common, numa_mem_id(), NULL));
	d->nr_full = 0;
	zmem_cache_destroy(c);
}

/* What has no room goes to its slabs; the magazine is of use all the same. */
static void no_room(struct kunit *test)
{
	struct zmem_cache_args args = { .depot_max_kib = 1 };
	struct zmem_cache *c = test_cache(test, 512, &args);
	struct zmem_depot *d = test_depot(c, numa_mem_id());
	struct zmem_common *common = zmem_common(c);
	struct zmem_magazine *mag = full_magazine(test, c, 2);

	/* Two objects are the whole KiB, one more is too many. */
	zmem_depot_put(common, mag);
	KUNIT_EXPECT_EQ(test, d->objects, 2);
	mag = full_magazine(test, c, 1);
	KUNIT_EXPECT_PTR_EQ(test, zmem_depot_get_empty(common, numa_mem_id(), mag), mag);
	KUNIT_EXPECT_EQ(test, mag->count, 0);
	KUNIT_EXPECT_EQ(test, d->flushed, 1);
	KUNIT_EXPECT_EQ(test, d->objects, 2);
	zmem_magazine_delete(common, mag);
	zmem_depot_put(common, full_magazine(test, c, 1));
	KUNIT_EXPECT_EQ(test, d->flushed, 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&common->magazines), 1);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, 2);
	/* Of a size that is past, it goes as well. */
	mag = full_magazine(test, c, 1);
	WRITE_ONCE(common->magazine_size, 4);
	KUNIT_EXPECT_NULL(test, zmem_depot_get_empty(common, numa_mem_id(), mag));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&common->magazines), 1);
	zmem_cache_destroy(c);
}

/* Twice as deep once slabs give what it had no room for; half when reaped. */
static void depth(struct kunit *test)
{
	struct zmem_cache_args args = { .depot_max_kib = 2 * FIRST_KIB };
	struct zmem_cache *c = test_cache(test, 64, &args);
	struct zmem_depot *d = test_depot(c, numa_mem_id());
	struct zmem_common *common = zmem_common(c);

	KUNIT_EXPECT_EQ(test, d->depth_kib, FIRST_KIB);
	KUNIT_EXPECT_NULL(test, zmem_depot_get_full(common, numa_mem_id(), NULL));
	KUNIT_EXPECT_EQ(test, d->depth_kib, FIRST_KIB);
	KUNIT_EXPECT_EQ(test, d->locks, 0);
	d->flushed = 5;
	KUNIT_EXPECT_NULL(test, zmem_depot_get_full(common, numa_mem_id(), NULL));
	KUNIT_EXPECT_EQ(test, d->depth_kib, 2 * FIRST_KIB);
	KUNIT_EXPECT_EQ(test, d->flushed, 0);
	d->flushed = 1;
	KUNIT_EXPECT_NULL(test, zmem_depot_get_full(common, numa_mem_id(), NULL));
	KUNIT_EXPECT_EQ(test, d->depth_kib, 2 * FIRST_KIB);
	/* Nothing given back, nothing learnt. */
	zmem_depot_drain(common, numa_mem_id());
	KUNIT_EXPECT_EQ(test, d->depth_kib, 2 * FIRST_KIB);
	zmem_depot_put(common, full_magazine(test, c, 3));
	zmem_depot_drain(common, numa_mem_id());
	KUNIT_EXPECT_EQ(test, d->depth_kib, FIRST_KIB);
	zmem_depot_put(common, full_magazine(test, c, 3));
	zmem_depot_drain(common, numa_mem_id());
	KUNIT_EXPECT_EQ(test, d->depth_kib, FIRST_KIB);
	zmem_cache_destroy(c);
}

/* What was there all the while since the last look was not needed. */
static void idle_ones_are_reaped(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_depot *d = test_depot(c, numa_mem_id());
	struct zmem_common *common = zmem_common(c);
	struct zmem_magazine *mag;
	unsigned int i;

	for (i = 0; i < 5; i++)
		zmem_depot_put(common, full_magazine(test, c, 2));
	for (i = 0; i < 3; i++)
		zmem_depot_put(common, magazine(test, c, common->magazine_size));
	/* The first look only begins to watch. */
	KUNIT_EXPECT_EQ(test, zmem_depot_reap(common, numa_mem_id()), 0);
	KUNIT_EXPECT_EQ(test, d->full_min, 5);
	KUNIT_EXPECT_EQ(test, d->empty_min, 3);
	KUNIT_EXPECT_TRUE(test, time_before_eq(d->looked, jiffies));
	mag = zmem_depot_get_full(common, numa_mem_id(), NULL);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	KUNIT_EXPECT_EQ(test, d->full_min, 4);
	zmem_depot_put(common, mag);
	mag = zmem_depot_get_empty(common, numa_mem_id(), NULL);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	KUNIT_EXPECT_EQ(test, d->empty_min, 2);
	zmem_depot_put(common, mag);
	KUNIT_EXPECT_EQ(test, zmem_depot_reap(common, numa_mem_id()), 4 + 2);
	KUNIT_EXPECT_EQ(test, d->nr_full, 1);
	KUNIT_EXPECT_EQ(test, d->nr_empty, 1);
	KUNIT_EXPECT_EQ(test, d->objects, 2);
	/* Reclaim goes by the watch as well, once it has gone on for a while. */
	zmem_depot_trim(common, numa_mem_id());
	KUNIT_EXPECT_EQ(test, d->nr_full, 1);
	KUNIT_EXPECT_EQ(test, d->nr_empty, 1);
	d->looked = jiffies - HZ;
	zmem_depot_trim(common, numa_mem_id());
	KUNIT_EXPECT_EQ(test, d->nr_full + d->nr_empty, 0);
	KUNIT_EXPECT_EQ(test, d->full_min, 0);
	KUNIT_EXPECT_EQ(test, d->empty_min, 0);
	zmem_cache_destroy(c);
}

static struct kunit_case depot_cases[] = {
	KUNIT_CASE(magazines_are_counted),
	KUNIT_CASE(empty_magazines_wait),
	KUNIT_CASE(full_magazines_wait),
	KUNIT_CASE(no_room),
	KUNIT_CASE(depth),
	KUNIT_CASE(idle_ones_are_reaped),
	{}
};

static struct kunit_suite depot_suite = {
	.name = "zmem_depot",
	.init = test_init,
	.exit = test_exit,
	.test_cases = depot_cases,
};

kunit_test_suite(depot_suite);
