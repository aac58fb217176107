// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Prefills and reserves when pages run out, which only a process can arrange at will. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/limits.h>
#include <shim/shim.h>

#include "tests/util.h"
#include "core/hold.h"
#include "core/sizes.h"

/* Fails at each page in turn, until it needs no more: all of it, or none. */
static void prefill_all_or_none(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 256, NULL);
	unsigned int after, failed = 0;
	struct zmem_prefill *p = NULL;

	zmem_pools_trim(ULONG_MAX);
	for (after = 0; !p && after < 100; after++) {
		shim_fail_pages(after, ULONG_MAX);
		p = zmem_cache_prefill(c, GFP_KERNEL, 500);
		shim_fail_pages(0, 0);
		if (p)
			break;
		failed++;
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
		zmem_cache_shrink(c);
		KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
		zmem_pools_trim(ULONG_MAX);
	}
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_GE(test, failed, 5);
	/* What was set aside needs no page. */
	shim_fail_pages(0, ULONG_MAX);
	for (after = 0; after < 500; after++) {
		void *object = zmem_cache_alloc_prefilled(c, GFP_KERNEL, p);

		KUNIT_ASSERT_NOT_NULL(test, object);
		zmem_cache_free(c, object);
	}
	shim_fail_pages(0, 0);
	zmem_cache_return_prefilled(c, p);
	zmem_cache_destroy(c);
}

/* No cache without its reserve, and nothing left of one. */
static void creation_all_or_none(struct kunit *test)
{
	struct zmem_cache_args args = { .reserve = 500 };
	struct zmem_cache *c = NULL;
	unsigned long before;
	unsigned int after, failed = 0;

	zmem_pools_trim(ULONG_MAX);
	before = zmem_pools_pages();
	for (after = 0; after < 100; after++) {
		shim_fail_pages(after, ULONG_MAX);
		c = zmem_cache_create("kunit", 256, &args);
		shim_fail_pages(0, 0);
		if (!IS_ERR(c))
			break;
		failed++;
		KUNIT_EXPECT_EQ(test, PTR_ERR(c), -ENOMEM);
		zmem_pools_trim(ULONG_MAX);
		KUNIT_EXPECT_EQ(test, zmem_pools_pages(), before);
	}
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c);
	KUNIT_EXPECT_GE(test, failed, 5);
	zmem_cache_destroy(c);
}

static struct {
	struct zmem_cache *c;
	void *object;
	struct completion done;
} other;

static int free_later(void *unused)
{
	msleep(30);
	zmem_cache_free(other.c, other.object);
	complete(&other.done);
	return 0;
}

/* Exactly the reserve is left; then some wait, and others fail. */
static void reserve_when_pages_are_out(struct kunit *test)
{
	struct zmem_cache_args args = { .reserve = 20 };
	struct zmem_cache *c = test_cache(test, 4096, &args);
	void **objects = test_array(test, 1000);
	struct task_struct *task;
	unsigned int nr, used;

	zmem_pools_trim(ULONG_MAX);
	shim_fail_pages(0, ULONG_MAX);
	for (nr = 0; zmem_common(c)->hold->nr == 20; nr++)
		objects[nr] = zmem_cache_alloc(c, GFP_KERNEL);
	used = nr - 1;
	for (; nr < 1000; nr++) {
		objects[nr] = zmem_cache_alloc(c, GFP_NOWAIT);
		if (!objects[nr])
			break;
	}
	KUNIT_EXPECT_EQ(test, nr, used + 20);

	other.c = c;
	other.object = objects[--nr];
	init_completion(&other.done);
	task = kthread_run(free_later, NULL, "zmem-test");
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, task);
	objects[nr] = zmem_cache_alloc(c, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, objects[nr]);
	wait_for_completion(&other.done);
	nr++;

	/* Pages are back: the reserve is filled by and by, without a free. */
	shim_fail_pages(0, 0);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->hold->nr, 0);
	KUNIT_EXPECT_TRUE(test, zmem_hold_drain(zmem_common(c)->hold));
	KUNIT_EXPECT_EQ(test, zmem_common(c)->hold->nr, 20);
	while (nr)
		zmem_cache_free(c, objects[--nr]);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->objects, 0);
	zmem_cache_destroy(c);
}

/* No run as long as is wished for: one that holds an object will do. */
static void small_slabs_do(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 1352, NULL);
	struct zmem_common *common = zmem_common(c);
	void *object;

	KUNIT_ASSERT_GT(test, common->order, common->order_min);
	zmem_pools_trim(ULONG_MAX);
	shim_fail_pages(0, 1);
	object = zmem_cache_alloc(c, GFP_KERNEL);
	shim_fail_pages(0, 0);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, common->node[page_to_nid(virt_to_page(object))]->slabs.pages,
			1ul << common->order_min);
	zmem_cache_free(c, object);
	zmem_cache_destroy(c);
}

/* Nothing is nothing, and not zeroed either. */
static void failed_calls_zero_nothing(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 256, NULL);

	zmem_pools_trim(ULONG_MAX);
	shim_fail_pages(0, ULONG_MAX);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN));
	shim_fail_pages(0, 0);
	zmem_cache_destroy(c);
}

/* A run of pages that cannot be had is a failure of the cache that counts them. */
static void failed_runs_are_counted(struct kunit *test)
{
	struct zmem_snapshot *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	u64 before;

	KUNIT_ASSERT_NOT_NULL(test, s);
	zmem_pools_trim(ULONG_MAX);
	zmem_snapshot_take(zmem_large, s);
	before = s->failures;
	shim_fail_pages(0, ULONG_MAX);
	KUNIT_EXPECT_NULL(test, zmem_alloc(20000, GFP_KERNEL | __GFP_NOWARN));
	shim_fail_pages(0, 0);
	zmem_snapshot_take(zmem_large, s);
	KUNIT_EXPECT_EQ(test, s->failures, before + 1);
}

static struct kunit_case short_cases[] = {
	KUNIT_CASE(failed_calls_zero_nothing),
	KUNIT_CASE(failed_runs_are_counted),
	KUNIT_CASE(small_slabs_do),
	KUNIT_CASE(prefill_all_or_none),
	KUNIT_CASE(creation_all_or_none),
	KUNIT_CASE(reserve_when_pages_are_out),
	{}
};

static struct kunit_suite short_suite = {
	.name = "zmem_short",
	.init = test_init,
	.exit = test_exit,
	.test_cases = short_cases,
};

kunit_test_suite(short_suite);
