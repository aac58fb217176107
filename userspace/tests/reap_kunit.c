// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What a process does when it is about to hold more memory than before. */
#include "init.h"
#include "tests/util.h"

/* Two looks without work between them, and nothing waits: not here, not in the depot. */
static void idle_objects_go_back(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 2000);

	test_fill(test, c, objects, 2000);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 2000), 0);
	KUNIT_EXPECT_GT(test, test_depot(c, numa_mem_id())->nr_full, 0);
	zmem_user_reap();
	KUNIT_EXPECT_GT(test, test_snapshot(test, c)->cached, 0);
	zmem_user_reap();
	zmem_user_reap();
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->cached, 0);
	zmem_cache_destroy(c);
}

/* What is worked with stays where it is. */
static void work_is_left_alone(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	int i;

	for (i = 0; i < 4; i++) {
		zmem_cache_free(c, zmem_cache_alloc(c, GFP_KERNEL));
		zmem_user_reap();
		KUNIT_EXPECT_GT(test, test_snapshot(test, c)->cached, 0);
	}
	zmem_cache_destroy(c);
}

static struct kunit_case reap_cases[] = {
	KUNIT_CASE(idle_objects_go_back),
	KUNIT_CASE(work_is_left_alone),
	{}
};

static struct kunit_suite reap_suite = {
	.name = "zmem_reap",
	.init = test_init,
	.exit = test_exit,
	.test_cases = reap_cases,
};

kunit_test_suite(reap_suite);
