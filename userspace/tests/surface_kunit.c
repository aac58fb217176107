// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Caches by their names, for whoever looks at a process from outside. */
#include "tests/util.h"
#include "init.h"

static int see(struct zmem_common *c, char *arg)
{
	*(struct zmem_common **)arg = c;
	return 7;
}

/* From its creation to its destruction. */
static void caches_are_found(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	struct zmem_common *seen = NULL;

	KUNIT_EXPECT_EQ(test, zmem_user_on_cache("kunit", see, (char *)&seen), 7);
	KUNIT_EXPECT_PTR_EQ(test, seen, zmem_common(c));
	KUNIT_EXPECT_EQ(test, zmem_user_on_cache("kunit2", see, (char *)&seen), -ENOENT);
	zmem_cache_destroy(c);
	KUNIT_EXPECT_EQ(test, zmem_user_on_cache("kunit", see, (char *)&seen), -ENOENT);
}

static struct kunit_case surface_cases[] = {
	KUNIT_CASE(caches_are_found),
	{}
};

static struct kunit_suite surface_suite = {
	.name = "zmem_surface",
	.init = test_init,
	.exit = test_exit,
	.test_cases = surface_cases,
};

kunit_test_suite(surface_suite);
