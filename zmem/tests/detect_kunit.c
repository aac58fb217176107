// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What caches of every mode promise to detect, and when: at the call, or when
 * the object reaches its slab, which a drain brings about here.  And what they
 * promise besides: misuse loses and breaks nothing else.
 */
#include <linux/mm.h>
#include <linux/string.h>
#include <compat/poison.h>

#include "tests/util.h"
#include "core/magazine.h"
#include "core/sizes.h"

static const enum zmem_mode modes[] = { ZMEM_MODE_FAST, ZMEM_MODE_BALANCED, ZMEM_MODE_DEBUG };

static struct zmem_cache *mode_cache(struct kunit *test, enum zmem_mode mode)
{
	struct zmem_cache_args args = { .mode = mode };

	return test_cache(test, 64, &args);
}

static void *one(struct kunit *test, struct zmem_cache *c)
{
	void *object = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	return object;
}

/* Exactly this was seen; nothing is lost, and the books add up. */
static void expect_only(struct kunit *test, struct zmem_cache *c, enum zmem_misuse kind)
{
	KUNIT_EXPECT_EQ(test, zmem_common(c)->reported, 1ul << kind);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
}

/* An immediate repeat of a free is told at the call, in every mode. */
static void repeat_at_the_call(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct zmem_cache *c = mode_cache(test, modes[i]);
		void *object = one(test, c);

		zmem_cache_free(c, object);
		zmem_cache_free(c, object);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
		expect_only(test, c, ZMEM_DOUBLE_FREE);
		zmem_cache_destroy(c);
	}
}

/* Also of what a CPU that had no magazine yet freed: that went to the slab. */
static void repeat_of_the_first(struct kunit *test)
{
	struct zmem_cache *c = mode_cache(test, ZMEM_MODE_FAST);
	void *object = zmem_cache_alloc_node(c, GFP_KERNEL, numa_mem_id());

	KUNIT_ASSERT_NOT_NULL(test, object);
	zmem_cache_free(c, object);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_free(c, object);
	expect_only(test, c, ZMEM_DOUBLE_FREE);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, 0);
	zmem_cache_destroy(c);
}

/* Any other double free at the slab; by then it may have been handed out. */
static void double_free_at_the_slab(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct zmem_cache *c = mode_cache(test, modes[i]);
		void *a = one(test, c), *b = one(test, c);

		zmem_cache_free(c, a);
		zmem_cache_free(c, b);
		zmem_cache_free(c, a);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors,
				modes[i] == ZMEM_MODE_DEBUG);
		zmem_cache_drain(zmem_common(c));
		expect_only(test, c, ZMEM_DOUBLE_FREE);
		zmem_cache_destroy(c);
	}
}

/* Two objects in one bulk, one of them twice. */
static void double_free_in_a_bulk(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct zmem_cache *c = mode_cache(test, modes[i]);
		void *a = one(test, c), *bulk[] = { a, one(test, c), a };

		zmem_cache_free_bulk(c, 3, bulk);
		zmem_cache_drain(zmem_common(c));
		expect_only(test, c, ZMEM_DOUBLE_FREE);
		zmem_cache_destroy(c);
	}
}

/* The object stays its cache's, and live. */
static void wrong_cache_at_the_slab(struct kunit *test)
{
	struct zmem_cache *owner = mode_cache(test, ZMEM_MODE_FAST);
	unsigned int i;
	u8 *object = one(test, owner);

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct zmem_cache_args args = { .mode = modes[i] };
		struct zmem_cache *c = zmem_cache_create("kunit-wrong", 64, &args);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c);
		zmem_cache_free(c, one(test, c));
		memset(object, 0x3c, 64);
		zmem_cache_free(c, object);
		zmem_cache_drain(zmem_common(c));
		zmem_unpoison(object, 64);
		KUNIT_EXPECT_NULL(test, memchr_inv(object, 0x3c, 64));
		expect_only(test, c, ZMEM_WRONG_CACHE);
		zmem_cache_destroy(c);
	}
	KUNIT_EXPECT_EQ(test, test_snapshot(test, owner)->errors, 0);
	zmem_cache_free(owner, object);
	zmem_cache_shrink(owner);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, owner)->slabs, 0);
	zmem_cache_destroy(owner);
}

static void interior_pointer_at_the_slab(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct zmem_cache *c = mode_cache(test, modes[i]);
		char *object = one(test, c);

		zmem_cache_free(c, object + 16);
		zmem_cache_drain(zmem_common(c));
		zmem_unpoison(object, 64);
		zmem_cache_free(c, object);
		expect_only(test, c, ZMEM_INTERIOR_POINTER);
		zmem_cache_destroy(c);
	}
}

/* Not of zmem at all: of the kernel's own allocator, and no memory of anybody. */
static void foreign_pointers(struct kunit *test)
{
	void *foreign = kunit_kzalloc(test, 64, GFP_KERNEL);
	unsigned int i;
	long errors;

	KUNIT_ASSERT_NOT_NULL(test, foreign);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct zmem_cache *c = mode_cache(test, modes[i]);

		zmem_cache_free(c, one(test, c));
		zmem_cache_free(c, foreign);
		zmem_cache_drain(zmem_common(c));
		expect_only(test, c, ZMEM_FOREIGN_POINTER);
		zmem_cache_destroy(c);
	}
	errors = atomic_long_read(&zmem_large->errors);
	zmem_free(foreign);
	zmem_free((void *)0x1000);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_large->errors), errors + 2);
}

static void large_runs(struct kunit *test)
{
	long errors = atomic_long_read(&zmem_large->errors);
	char *p = zmem_alloc(5 * PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	zmem_free(p + 8);
	zmem_free(p + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_large->errors), errors + 2);
	zmem_unpoison(p, 5 * PAGE_SIZE);
	memset(p, 1, 5 * PAGE_SIZE);
	zmem_free(p);
	zmem_free(p);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&zmem_large->errors), errors + 3);
}

/* Freed objects that are written to steer nothing: no list is in them. */
static void writes_steer_nothing(struct kunit *test)
{
	void **objects = test_array(test, 500);
	unsigned int i, m, round;

	for (m = 0; m < ARRAY_SIZE(modes); m++) {
		struct zmem_cache *c = mode_cache(test, modes[m]);

		for (round = 0; round < 4; round++) {
			test_fill(test, c, objects, 500);
			KUNIT_EXPECT_EQ(test, test_drop(c, objects, 500), 0);
			if (round % 2)
				zmem_cache_drain(zmem_common(c));
			for (i = 0; i < 500; i++) {
				zmem_unpoison(objects[i], 64);
				memset(objects[i], 0x41 + round, 64);
			}
		}
		/* Each is handed out once still. */
		test_fill(test, c, objects, 500);
		KUNIT_EXPECT_EQ(test, test_drop(c, objects, 500), 0);
		KUNIT_EXPECT_EQ(test, zmem_common(c)->reported,
				modes[m] == ZMEM_MODE_DEBUG ? 1ul << ZMEM_USE_AFTER_FREE : 0);
		zmem_cache_drain(zmem_common(c));
		KUNIT_EXPECT_EQ(test, zmem_cache_validate(c), 0);
		zmem_cache_shrink(c);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
		zmem_cache_destroy(c);
	}
}

/* Said once, however often it happens; counted always. */
static void told_once(struct kunit *test)
{
	struct zmem_cache *c = mode_cache(test, ZMEM_MODE_DEBUG);
	void *object = one(test, c);
	unsigned int i;

	zmem_cache_free(c, object);
	KUNIT_EXPECT_FALSE(test, zmem_report(zmem_common(c), ZMEM_DOUBLE_FREE, object));
	for (i = 0; i < 4; i++)
		zmem_cache_free(c, object);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 5);
	zmem_cache_destroy(c);
}

static struct kunit_case detect_cases[] = {
	KUNIT_CASE(repeat_at_the_call),
	KUNIT_CASE(repeat_of_the_first),
	KUNIT_CASE(double_free_at_the_slab),
	KUNIT_CASE(double_free_in_a_bulk),
	KUNIT_CASE(wrong_cache_at_the_slab),
	KUNIT_CASE(interior_pointer_at_the_slab),
	KUNIT_CASE(foreign_pointers),
	KUNIT_CASE(large_runs),
	KUNIT_CASE(writes_steer_nothing),
	KUNIT_CASE(told_once),
	{}
};

static struct kunit_suite detect_suite = {
	.name = "zmem_detect",
	.init = test_init,
	.exit = test_exit,
	.test_cases = detect_cases,
};

kunit_test_suite(detect_suite);
