// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Settings that change while a cache lives. */
#include "tests/util.h"
#include "core/settings.h"

static void refuses(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_snapshot *before = test_snapshot(test, c);

	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "magazine", 8), -ENOENT);
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "", 8), -ENOENT);
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "mode", 1), -EPERM);
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "debug_flags", 0), -EPERM);
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "magazine_max", 0), -ERANGE);
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "magazine_max", ZMEM_MAGAZINE_MAX + 1),
			-ERANGE);
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "depot_max_kib",
					     ZMEM_DEPOT_MAX_KIB + 1),
			-ERANGE);
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "tune_interval_ms", 0), -ERANGE);
	KUNIT_EXPECT_MEMEQ(test, test_snapshot(test, c), before, sizeof(*before));
	zmem_cache_destroy(c);
}

/* What is set is shown; a smaller magazine_max also cuts the present size. */
static void sets(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_snapshot *s;

	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "magazine_max", 8), 0);
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "depot_max_kib", 0), 0);
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "tune_interval_ms", 50), 0);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->magazine_max, 8);
	KUNIT_EXPECT_EQ(test, s->magazine_size, 8);
	KUNIT_EXPECT_EQ(test, s->depot_max_kib, 0);
	KUNIT_EXPECT_EQ(test, s->tune_interval_ms, 50);
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "magazine_max", 60), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->magazine_size, 8);
	/* The least and the most there may be. */
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "magazine_max", 1), 0);
	KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "magazine_max", ZMEM_MAGAZINE_MAX), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->magazine_max, ZMEM_MAGAZINE_MAX);
	zmem_cache_destroy(c);
}

/* Objects survive that magazines get smaller under them. */
static void sets_in_use(struct kunit *test)
{
	static const unsigned int sizes[] = { 60, 3, 200, 1 };
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 500);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		test_fill(test, c, objects, 500);
		KUNIT_EXPECT_EQ(test, zmem_cache_set(zmem_common(c), "magazine_max", sizes[i]), 0);
		KUNIT_EXPECT_EQ(test, test_drop(c, objects, 500), 0);
	}
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 0);
	zmem_cache_destroy(c);
}

static struct kunit_case settings_cases[] = {
	KUNIT_CASE(refuses),
	KUNIT_CASE(sets),
	KUNIT_CASE(sets_in_use),
	{}
};

static struct kunit_suite settings_suite = {
	.name = "zmem_settings",
	.init = test_init,
	.exit = test_exit,
	.test_cases = settings_cases,
};

kunit_test_suite(settings_suite);
