// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Pools of page runs: what is kept, what goes back, and what is counted. */
#include <linux/align.h>
#include <linux/mm.h>
#include <linux/nodemask.h>

#include "tests/util.h"

#define KEPT_PAGES	256	/* of a node's free runs at most */
#define ORDER		3
#define RUNS		(KEPT_PAGES >> ORDER)

static struct page *run(struct kunit *test, unsigned int order, unsigned int *how)
{
	struct page *page = zmem_pool_alloc(GFP_KERNEL, numa_mem_id(), order, how);

	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

/* Fresh, and the same one again, which is not fresh. */
static void runs_come_again(struct kunit *test)
{
	struct page *page, *again;
	unsigned int how;
	long pages, held;
	int node;

	zmem_pools_trim(ULONG_MAX);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 0);
	pages = zmem_pools_pages();
	held = zmem_pool_pages(numa_mem_id());
	page = run(test, 2, &how);
	node = page_to_nid(page);
	KUNIT_EXPECT_EQ(test, node, numa_mem_id());
	KUNIT_EXPECT_EQ(test, how, ZMEM_RUN_FRESH);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)page_address(page), 4 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), pages + 4);
	KUNIT_EXPECT_EQ(test, zmem_pool_pages(node), held + 4);
	zmem_pool_free(page, 2, how);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 4);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), pages + 4);
	/* Of another length it is of no use. */
	again = run(test, 1, &how);
	KUNIT_EXPECT_PTR_NE(test, again, page);
	KUNIT_EXPECT_EQ(test, how, ZMEM_RUN_FRESH);
	zmem_pool_free(again, 1, how);
	again = run(test, 2, &how);
	KUNIT_EXPECT_PTR_EQ(test, again, page);
	KUNIT_EXPECT_EQ(test, how, 0);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 2);
	zmem_pool_free(again, 2, how);
	zmem_pools_trim(ULONG_MAX);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 0);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), pages);
	KUNIT_EXPECT_EQ(test, zmem_pool_pages(node), held);
}

/* A run of a zone enters no cache, and takes nothing from one. */
static void zones_bypass(struct kunit *test)
{
	unsigned int how, other;
	struct page *page, *again;
	long pages;

	zmem_pools_trim(ULONG_MAX);
	pages = zmem_pools_pages();
	page = run(test, 1, &how);
	zmem_pool_free(page, 1, how);
	again = zmem_pool_alloc(GFP_KERNEL | __GFP_DMA32, numa_mem_id(), 1, &other);
	KUNIT_ASSERT_NOT_NULL(test, again);
	KUNIT_EXPECT_EQ(test, other, ZMEM_RUN_FRESH | ZMEM_RUN_BYPASS);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 2);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), pages + 4);
	zmem_pool_free(again, 1, other);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 2);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), pages + 2);
	zmem_pools_trim(ULONG_MAX);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), pages);
}

/* The longest go first, and no more than it takes. */
static void trims_what_it_is_asked(struct kunit *test)
{
	static const unsigned int orders[] = { 0, 1, 3, 3 };
	struct page *pages[ARRAY_SIZE(orders)];
	unsigned int how[ARRAY_SIZE(orders)], i;

	zmem_pools_trim(ULONG_MAX);
	for (i = 0; i < ARRAY_SIZE(orders); i++)
		pages[i] = run(test, orders[i], &how[i]);
	for (i = 0; i < ARRAY_SIZE(orders); i++)
		zmem_pool_free(pages[i], orders[i], how[i]);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 1 + 2 + 8 + 8);
	KUNIT_EXPECT_EQ(test, zmem_pools_trim(0), 0);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 1 + 2 + 8 + 8);
	KUNIT_EXPECT_EQ(test, zmem_pools_trim(1), 8);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 1 + 2 + 8);
	KUNIT_EXPECT_EQ(test, zmem_pools_trim(9), 8 + 2);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 1);
	zmem_pool_trim_node(numa_mem_id());
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 0);
	KUNIT_EXPECT_EQ(test, zmem_pools_trim(ULONG_MAX), 0);
}

/* A MiB of a node waits, and not a page more. */
static void caches_are_bounded(struct kunit *test)
{
	struct page **pages = (struct page **)test_array(test, RUNS);
	struct page *one, *whole;
	unsigned int how, i;

	zmem_pools_trim(ULONG_MAX);
	/* Longer than any that is kept; a machine may have none. */
	whole = zmem_pool_alloc(GFP_KERNEL | __GFP_NOWARN, numa_mem_id(), 9, &how);
	if (whole)
		zmem_pool_free(whole, 9, how);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 0);
	whole = run(test, 8, &how);
	zmem_pool_free(whole, 8, how);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), KEPT_PAGES);
	zmem_pools_trim(ULONG_MAX);
	one = run(test, 0, &how);
	for (i = 0; i < RUNS; i++)
		pages[i] = run(test, ORDER, &how);
	for (i = 0; i < RUNS; i++)
		zmem_pool_free(pages[i], ORDER, 0);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), KEPT_PAGES);
	zmem_pool_free(one, 0, 0);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), KEPT_PAGES);
	zmem_pools_trim(ULONG_MAX);
}

/* Pages that were given up, or back by others, leave the books. */
static void books(struct kunit *test)
{
	long pages = zmem_pools_pages(), held = zmem_pool_pages(numa_mem_id());

	zmem_pools_leak(3);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), pages - 3);
	KUNIT_EXPECT_EQ(test, zmem_pool_pages(numa_mem_id()), held);
	zmem_pools_leak(-3);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), pages);
	zmem_pool_forget(numa_mem_id(), 2);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), pages - 2);
	KUNIT_EXPECT_EQ(test, zmem_pool_pages(numa_mem_id()), held - 2);
	zmem_pool_forget(numa_mem_id(), -2);
	KUNIT_EXPECT_EQ(test, zmem_pools_pages(), pages);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE(runs_come_again),
	KUNIT_CASE(zones_bypass),
	KUNIT_CASE(trims_what_it_is_asked),
	KUNIT_CASE(caches_are_bounded),
	KUNIT_CASE(books),
	{}
};

static struct kunit_suite pool_suite = {
	.name = "zmem_pool",
	.init = test_init,
	.exit = test_exit,
	.test_cases = pool_cases,
};

kunit_test_suite(pool_suite);
