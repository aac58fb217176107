// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What is said of misuse, and how often: a process can count its warnings. */
#include <compat/poison.h>
#include <shim/shim.h>

#include "tests/util.h"

static int report_init(struct kunit *test)
{
	int err = test_init(test);

	zmem_reports_muted = false;
	shim_quiet(true);
	shim_take_warnings();
	return err;
}

static void report_exit(struct kunit *test)
{
	shim_quiet(false);
	test_exit(test);
}

/* Each kind once for each cache; all are counted. */
static void a_kind_is_told_once(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_cache *other = zmem_cache_create("kunit-other", 64, NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	zmem_report(zmem_common(c), ZMEM_DOUBLE_FREE, NULL);
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 1);
	zmem_report(zmem_common(c), ZMEM_DOUBLE_FREE, NULL);
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 0);
	zmem_report(zmem_common(c), ZMEM_BAD_GFP, NULL);
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 1);
	zmem_report(zmem_common(other), ZMEM_DOUBLE_FREE, NULL);
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 1);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 3);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, other)->errors, 1);
	zmem_cache_destroy(other);
	zmem_cache_destroy(c);
}

/* The log has one line of a limit; every call that it refuses is counted. */
static void a_limit_is_told_once(struct kunit *test)
{
	struct zmem_cache_args args = { .limit = 10 };
	struct zmem_cache *c = test_cache(test, 64, &args);
	void *objects[10];
	int i;

	for (i = 0; i < 10; i++) {
		objects[i] = zmem_cache_alloc(c, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
	}
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 0);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 1);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_NOWAIT));
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->failures, 2);
	for (i = 0; i < 10; i++)
		zmem_cache_free(c, objects[i]);
	zmem_cache_destroy(c);
}

/* A debug cache says whose the object was: two events, and a line on it. */
static void debug_caches_tell_whose(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG };
	struct zmem_cache *c = test_cache(test, 64, &args);
	void *p = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	zmem_cache_free(c, p);
	KUNIT_EXPECT_EQ(test, shim_take_warnings(), 0);
	zmem_cache_free(c, p);
	KUNIT_EXPECT_GE(test, shim_take_warnings(), 4);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	zmem_cache_destroy(c);
}

/* What was written where nobody may, is shown. */
static void debug_caches_show_damage(struct kunit *test)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG };
	struct zmem_cache *c = test_cache(test, 61, &args);
	u8 *p = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	zmem_unpoison(p, 64);
	p[62] ^= 1;
	zmem_cache_free(c, p);
	/* The report, who allocated it, and which byte. */
	KUNIT_EXPECT_GE(test, shim_take_warnings(), 4);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 1);
	zmem_cache_destroy(c);
}

static struct kunit_case report_cases[] = {
	KUNIT_CASE(a_kind_is_told_once),
	KUNIT_CASE(a_limit_is_told_once),
	KUNIT_CASE(debug_caches_tell_whose),
	KUNIT_CASE(debug_caches_show_damage),
	{}
};

static struct kunit_suite report_suite = {
	.name = "zmem_report",
	.init = report_init,
	.exit = report_exit,
	.test_cases = report_cases,
};

kunit_test_suite(report_suite);
