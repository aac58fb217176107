// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Pages while a node is closed and others are full, which a process can arrange. */
#include <linux/nodemask.h>
#include <shim/shim.h>

#include "tests/util.h"
#include "core/nodes.h"

static struct page *take(int node, gfp_t gfp)
{
	unsigned int how;

	return zmem_pool_alloc(GFP_KERNEL | gfp, node, 0, &how);
}

/* The nearest open node serves, and not even it one that may be no other. */
static void open_nodes_serve(struct kunit *test)
{
	struct page *page;
	int node;

	if (num_node_state(N_MEMORY) < 2)
		kunit_skip(test, "one node has memory; two are needed");
	zmem_pools_trim(ULONG_MAX);
	zmem_node_close(1, ZMEM_NODE_DRAINED);
	page = take(1, 0);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page) {
		node = page_to_nid(page);
		KUNIT_EXPECT_EQ(test, node, zmem_node_nearest_open(1));
		zmem_pool_free(page, 0, ZMEM_RUN_FRESH);
	}
	KUNIT_EXPECT_NULL(test, take(1, __GFP_THISNODE));
	zmem_node_open(1, ZMEM_NODE_DRAINED);
}

/* The nearest open one is full: any other open one, and never the closed. */
static void full_nodes_pass_on(struct kunit *test)
{
	int nodes = num_node_state(N_MEMORY), best;
	struct page *page, *full;

	if (nodes < 2)
		kunit_skip(test, "one node has memory; two are needed");
	zmem_pools_trim(ULONG_MAX);
	zmem_node_close(1, ZMEM_NODE_DRAINED);
	best = zmem_node_nearest_open(1);
	full = take(best, __GFP_THISNODE);
	KUNIT_EXPECT_NOT_NULL(test, full);
	shim_limit_node(best, 1);
	page = take(1, 0);
	KUNIT_EXPECT_EQ(test, !!page, nodes > 2);
	if (page) {
		KUNIT_EXPECT_NE(test, page_to_nid(page), best);
		KUNIT_EXPECT_NE(test, page_to_nid(page), 1);
		zmem_pool_free(page, 0, ZMEM_RUN_FRESH);
	}
	shim_limit_node(best, 0);
	if (full)
		zmem_pool_free(full, 0, ZMEM_RUN_FRESH);
	zmem_node_open(1, ZMEM_NODE_DRAINED);
}

/* No run of a node that is closed waits for its next user. */
static void closed_nodes_keep_nothing(struct kunit *test)
{
	struct page *page;
	unsigned int how;

	zmem_pools_trim(ULONG_MAX);
	page = zmem_pool_alloc(GFP_KERNEL, 0, 0, &how);
	KUNIT_ASSERT_NOT_NULL(test, page);
	zmem_node_close(0, ZMEM_NODE_DRAINED);
	zmem_pool_free(page, 0, how);
	KUNIT_EXPECT_EQ(test, zmem_pools_cached(), 0);
	zmem_node_open(0, ZMEM_NODE_DRAINED);
}

/* A node that nobody has anything of is drained at once. */
static void unused_nodes_drain(struct kunit *test)
{
	if (num_node_state(N_MEMORY) < 2)
		kunit_skip(test, "one node has memory; two are needed");
	KUNIT_EXPECT_EQ(test, zmem_node_drain(1), 0);
	KUNIT_EXPECT_TRUE(test, zmem_node_is_closed(1));
	KUNIT_EXPECT_EQ(test, zmem_node_undrain(1), 0);
}

static struct kunit_case closed_cases[] = {
	KUNIT_CASE(unused_nodes_drain),
	KUNIT_CASE(closed_nodes_keep_nothing),
	KUNIT_CASE(open_nodes_serve),
	KUNIT_CASE(full_nodes_pass_on),
	{}
};

static struct kunit_suite closed_suite = {
	.name = "zmem_closed",
	.init = test_init,
	.exit = test_exit,
	.test_cases = closed_cases,
};

kunit_test_suite(closed_suite);
