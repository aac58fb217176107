// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Bulks: from which of a CPU's two magazines objects come, and where they go. */
#include "tests/util.h"
#include "core/magazine.h"
#include "core/share.h"

#define NR	400
#define BULK	5
#define FEW	2

/* Objects in the loaded and in the previous magazine, and how many they lack. */
struct magazines {
	size_t loaded, room, prev, prev_room;
};

static struct magazines magazines_of(struct kunit *test, struct zmem_cache *c)
{
	struct zmem_cpu *zc = zmem_cpu_enter(zmem_shares(c));
	struct magazines m = {};

	KUNIT_ASSERT_NOT_NULL(test, zc);
	m.loaded = zc->top - zc->low;
	m.room = zc->high - zc->top;
	if (zc->prev) {
		m.prev = zc->prev->count;
		m.prev_room = magazine_room(zc->prev);
	}
	zmem_cpu_exit(zc);
	return m;
}

/*
 * Allocates until the loaded magazine has @FEW, and the previous one many;
 * returns how many objects the caller has then.
 */
static size_t leave_few(struct kunit *test, struct zmem_cache *c, void **objects)
{
	struct magazines m;
	size_t nr = 0;

	test_fill(test, c, objects, NR);
	KUNIT_ASSERT_EQ(test, test_drop(c, objects, NR), 0);
	while ((m = magazines_of(test, c)).loaded != FEW || m.prev < 2 * BULK) {
		KUNIT_ASSERT_LT(test, nr, NR);
		objects[nr++] = zmem_cache_alloc(c, GFP_KERNEL);
	}
	return nr;
}

/* A bulk comes from one magazine and goes into one, if one can do it. */
static void one_magazine_serves(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, NR + BULK);
	size_t nr = leave_few(test, c, objects);
	struct magazines a = magazines_of(test, c), b;

	KUNIT_ASSERT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, BULK, objects + nr), BULK);
	nr += BULK;
	b = magazines_of(test, c);
	KUNIT_EXPECT_EQ(test, b.loaded, a.prev - BULK);
	KUNIT_EXPECT_EQ(test, b.prev, FEW);
	while (magazines_of(test, c).room > FEW)
		zmem_cache_free(c, objects[--nr]);
	a = magazines_of(test, c);
	KUNIT_ASSERT_GE(test, a.prev_room, BULK);
	KUNIT_ASSERT_GE(test, nr, BULK);
	nr -= BULK;
	zmem_cache_free_bulk(c, BULK, objects + nr);
	b = magazines_of(test, c);
	KUNIT_EXPECT_EQ(test, b.loaded, FEW + BULK);
	KUNIT_EXPECT_EQ(test, b.prev_room, FEW);
	zmem_cache_free_bulk(c, nr, objects);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_destroy(c);
}

/* All that the previous one has, and no more than that. */
static void one_magazine_serves_whole(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 2 * NR);
	size_t nr = leave_few(test, c, objects);
	struct magazines a = magazines_of(test, c), b;

	KUNIT_ASSERT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, a.prev, objects + nr),
			(int)a.prev);
	b = magazines_of(test, c);
	KUNIT_EXPECT_EQ(test, b.loaded, 0);
	KUNIT_EXPECT_EQ(test, b.prev, FEW);
	zmem_cache_free_bulk(c, nr + a.prev, objects);
	zmem_cache_destroy(c);
}

/* All that the loaded one has, too: a bulk has no need of the other then. */
static void loaded_magazine_serves_whole(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, NR + FEW);
	size_t nr = leave_few(test, c, objects);
	struct magazines a = magazines_of(test, c), b;

	KUNIT_ASSERT_EQ(test, zmem_magazine_alloc_bulk(c, objects + nr, FEW), FEW);
	b = magazines_of(test, c);
	KUNIT_EXPECT_EQ(test, b.loaded, 0);
	KUNIT_EXPECT_EQ(test, b.prev, a.prev);
	zmem_cache_free_bulk(c, nr + FEW, objects);
	zmem_cache_destroy(c);
}

/* What one cannot serve alone the two serve together, all of it as hits. */
static void two_magazines_serve(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 2 * NR);
	size_t nr = leave_few(test, c, objects), bulk;
	struct magazines a = magazines_of(test, c), b;
	struct zmem_snapshot *before = test_snapshot(test, c), *s;

	bulk = a.prev + 1;
	KUNIT_ASSERT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, bulk, objects + nr), (int)bulk);
	b = magazines_of(test, c);
	KUNIT_EXPECT_EQ(test, b.loaded, FEW - 1);
	KUNIT_EXPECT_EQ(test, b.prev, 0);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->hits - before->hits, bulk);
	KUNIT_EXPECT_EQ(test, s->misses, before->misses);
	/* Back again: one more than the loaded one takes, and than the other does. */
	nr += bulk;
	bulk = max(b.room, b.prev_room) + 1;
	KUNIT_ASSERT_GE(test, nr, bulk);
	KUNIT_ASSERT_LE(test, bulk, b.room + b.prev_room);
	nr -= bulk;
	zmem_cache_free_bulk(c, bulk, objects + nr);
	a = magazines_of(test, c);
	KUNIT_EXPECT_EQ(test, a.loaded + a.prev, b.loaded + b.prev + bulk);
	KUNIT_EXPECT_EQ(test, min(a.room, a.prev_room), 0);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->free_misses, before->free_misses);
	zmem_cache_free_bulk(c, nr, objects);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_destroy(c);
}

/* All that both have, and back into both: neither call leaves a part to the slow path. */
static void both_magazines_serve_at_once(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 2 * NR);
	size_t nr = leave_few(test, c, objects), bulk;
	struct magazines a = magazines_of(test, c), b;

	bulk = a.loaded + a.prev;
	KUNIT_EXPECT_EQ(test, zmem_magazine_alloc_bulk(c, objects + nr, bulk), bulk);
	b = magazines_of(test, c);
	KUNIT_EXPECT_EQ(test, b.loaded + b.prev, 0);
	KUNIT_EXPECT_GT(test, bulk, max(b.room, b.prev_room));
	KUNIT_EXPECT_EQ(test, zmem_magazine_free_bulk(c, objects + nr, bulk), bulk);
	zmem_cache_free_bulk(c, nr, objects);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_destroy(c);
}

static struct kunit_case bulk_cases[] = {
	KUNIT_CASE(one_magazine_serves),
	KUNIT_CASE(one_magazine_serves_whole),
	KUNIT_CASE(loaded_magazine_serves_whole),
	KUNIT_CASE(two_magazines_serve),
	KUNIT_CASE(both_magazines_serve_at_once),
	{}
};

static struct kunit_suite bulk_suite = {
	.name = "zmem_bulk",
	.init = test_init,
	.exit = test_exit,
	.test_cases = bulk_cases,
};

kunit_test_suite(bulk_suite);
