// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A machine that zeroes what is freed (init_on_free=1), which a process turns
 * on at will.  Who gets an object next reads what the free left there.
 */
#include <linux/mm.h>
#include <compat/poison.h>

#include "tests/util.h"

#define NR	40
#define BYTE	0xa5
#define RUN	32768	/* a power of two, as pools keep */

static int wipe_init(struct kunit *test)
{
	shim_init_on_free = true;
	zmem_keys_set();
	return test_init(test);
}

static void wipe_exit(struct kunit *test)
{
	test_exit(test);
	shim_init_on_free = false;
}

/* Bytes of @p that are not @byte. */
static size_t others(const u8 *p, u8 byte, size_t size)
{
	size_t n = 0;

	while (size--)
		n += *p++ != byte;
	return n;
}

/* Writes to @nr objects, frees them, and finds the same ones zeroed. */
static void one_by_one(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 96, NULL);
	u8 *objects[NR];
	int i;

	for (i = 0; i < NR; i++) {
		objects[i] = zmem_cache_alloc(c, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
		memset(objects[i], BYTE, 96);
	}
	for (i = 0; i < NR; i++)
		zmem_cache_free(c, objects[i]);
	for (i = NR - 1; i >= 0; i--) {
		u8 *p = zmem_cache_alloc(c, GFP_KERNEL);

		KUNIT_EXPECT_PTR_EQ(test, p, objects[i]);
		KUNIT_EXPECT_EQ(test, others(p, 0, 96), 0);
	}
	for (i = 0; i < NR; i++)
		zmem_cache_free(c, objects[i]);
	/* Each was freed once. */
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_destroy(c);
}

static void in_bulk(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 96, NULL);
	void *objects[NR];
	int i, again;

	for (again = 0; again < 2; again++) {
		KUNIT_ASSERT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL, NR, objects), NR);
		for (i = 0; i < NR; i++) {
			if (again)
				KUNIT_EXPECT_EQ(test, others(objects[i], 0, 96), 0);
			memset(objects[i], BYTE, 96);
		}
		zmem_cache_free_bulk(c, NR, objects);
	}
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->fresh, NR);
	zmem_cache_destroy(c);
}

static void construct(void *object)
{
	memset(object, BYTE, 96);
}

/* What a constructor made is kept, as is what a reader may be looking at. */
static void kept(struct kunit *test)
{
	struct zmem_cache_args made = { .ctor = construct };
	struct zmem_cache_args safe = { .flags = ZMEM_TYPESAFE_BY_RCU };
	struct zmem_cache_args *args[] = { &made, &safe };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(args); i++) {
		struct zmem_cache *c = test_cache(test, 96, args[i]);
		void *p = zmem_cache_alloc(c, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		memset(p, BYTE, 96);
		zmem_cache_free(c, p);
		KUNIT_EXPECT_PTR_EQ(test, zmem_cache_alloc(c, GFP_KERNEL), p);
		KUNIT_EXPECT_EQ(test, others(p, BYTE, 96), 0);
		zmem_cache_free_bulk(c, 1, &p);
		KUNIT_EXPECT_PTR_EQ(test, zmem_cache_alloc(c, GFP_KERNEL), p);
		KUNIT_EXPECT_EQ(test, others(p, BYTE, 96), 0);
		zmem_cache_free(c, p);
		zmem_cache_destroy(c);
	}
}

/* A run of pages, which its pool keeps. */
static void runs_of_pages(struct kunit *test)
{
	u8 *p = zmem_alloc(RUN, GFP_KERNEL), *again;

	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, BYTE, RUN);
	zmem_free(p);
	again = zmem_alloc(RUN, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, again, p);
	KUNIT_EXPECT_EQ(test, others(again, 0, RUN), 0);
	zmem_free(again);
}

/* Nothing is written to what is not the cache's. */
static void misuse_is_not_wiped(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 96, NULL);
	struct zmem_cache *other = zmem_cache_create("kunit-other", 200, NULL);
	u8 *p;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	p = zmem_cache_alloc(other, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, BYTE, 200);
	zmem_cache_free(c, p);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	/* The free told the checkers of an object that is still in use. */
	zmem_unpoison(p, 200);
	KUNIT_EXPECT_EQ(test, others(p, BYTE, 200), 0);
	zmem_cache_free(other, p);
	zmem_cache_destroy(other);
	zmem_cache_destroy(c);
}

/* A debug cache that paints no poison zeroes as any. */
static void without_poison(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG, .debug_flags = ZMEM_DEBUG_TRACK };
	struct zmem_cache *c = test_cache(test, 96, &args);
	void *p = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, BYTE, 96);
	zmem_cache_free(c, p);
	zmem_unpoison(p, 96);
	KUNIT_EXPECT_EQ(test, others(p, 0, 96), 0);
	zmem_cache_destroy(c);
}

static struct kunit_case wipe_cases[] = {
	KUNIT_CASE(without_poison),
	KUNIT_CASE(one_by_one),
	KUNIT_CASE(in_bulk),
	KUNIT_CASE(kept),
	KUNIT_CASE(runs_of_pages),
	KUNIT_CASE(misuse_is_not_wiped),
	{}
};

static struct kunit_suite wipe_suite = {
	.name = "zmem_wipe",
	.init = wipe_init,
	.exit = wipe_exit,
	.test_cases = wipe_cases,
};

kunit_test_suite(wipe_suite);
