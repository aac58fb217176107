// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Nodes: placement, frees that travel home, exhaustion, reclaim. */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/topology.h>

#include "tests/util.h"
#include "core/magazine.h"
#include "core/hold.h"
#include "core/nodes.h"
#include "core/reserve.h"

static int other_node(struct kunit *test)
{
	int node;

	for_each_node_state(node, N_MEMORY)
		if (node != numa_mem_id())
			return node;
	kunit_skip(test, "one node has memory; two are needed");
	return NUMA_NO_NODE;
}

static void placement(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void *object;
	int node;

	for_each_node_state(node, N_MEMORY) {
		object = zmem_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE, node);
		KUNIT_ASSERT_NOT_NULL(test, object);
		KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(object)), node);
		zmem_cache_free(c, object);
		object = zmem_alloc_node(20000, GFP_KERNEL | __GFP_THISNODE, node);
		KUNIT_ASSERT_NOT_NULL(test, object);
		KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(object)), node);
		zmem_free(object);
	}
	object = zmem_cache_alloc_node(c, GFP_KERNEL, NUMA_NO_NODE);
	KUNIT_EXPECT_NOT_NULL(test, object);
	zmem_cache_free(c, object);
	zmem_cache_destroy(c);
}

/* Frees of another node's objects go home in whole magazines. */
static void remote_frees_travel_home(struct kunit *test)
{
	int node = other_node(test);
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 600);
	struct zmem_snapshot *s;
	unsigned long locks;
	size_t i;

	for (i = 0; i < 600; i++) {
		objects[i] = zmem_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE, node);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
	}
	locks = test_snapshot(test, c)->depot_locks;
	for (i = 0; i < 600; i++)
		zmem_cache_free(c, objects[i]);
	s = test_snapshot(test, c);
	KUNIT_EXPECT_EQ(test, s->objects, 0);
	/* Had the test moved to the other node, it would have been at home. */
	KUNIT_EXPECT_GE(test, s->remote_frees, 1);
	/* The first few magazines are small. */
	KUNIT_EXPECT_LE(test, s->depot_locks - locks,
			600 / zmem_common(c)->magazine_size + 4 + 2 * num_online_cpus());
	KUNIT_EXPECT_GT(test, test_depot(c, node)->objects, 0);
	/* They serve who asks for that node. */
	objects[0] = zmem_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE, node);
	KUNIT_ASSERT_NOT_NULL(test, objects[0]);
	KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(objects[0])), node);
	zmem_cache_free(c, objects[0]);
	zmem_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	zmem_cache_destroy(c);
}

/* Also a few at once, although the loaded magazine has room for them. */
static void remote_bulks_travel_home(struct kunit *test)
{
	int node = other_node(test), home = numa_mem_id(), i;
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void *remote[3], *local[5];

	for (i = 0; i < 3; i++) {
		remote[i] = zmem_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE, node);
		KUNIT_ASSERT_NOT_NULL(test, remote[i]);
	}
	for (i = 0; i < 5; i++) {
		if (i == 4)
			zmem_cache_free_bulk(c, 3, remote);
		local[i] = zmem_cache_alloc(c, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, local[i]);
		KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(local[i])), home);
	}
	zmem_cache_free_bulk(c, 5, local);
	zmem_cache_destroy(c);
}

/* A batch of two nodes' objects in turn goes back to the slabs of both. */
static void batches_of_two_nodes(struct kunit *test)
{
	int nodes[2] = { numa_mem_id(), other_node(test) }, i;
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void *objects[6];

	for (i = 0; i < 6; i++)
		KUNIT_ASSERT_EQ(test, zmem_slab_alloc(zmem_common(c), GFP_KERNEL | __GFP_THISNODE,
						      nodes[i % 2], &objects[i], 1), 1);
	zmem_slab_free(zmem_common(c), objects, 6);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->errors, 0);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, zmem_common(c)->node[nodes[i]]->slabs.in_use, 0);
	zmem_cache_destroy(c);
}

/* What the kernel asks back under pressure is given, and the cache works on. */
static void reclaim(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 256, NULL);
	void **objects = test_array(test, 2000);
	unsigned long counted;

	test_fill(test, c, objects, 2000);
	test_drop(c, objects, 2000);
	counted = zmem_caches_count();
	KUNIT_EXPECT_GT(test, counted, 50);
	KUNIT_EXPECT_GT(test, zmem_caches_reclaim(ULONG_MAX), 50);
	KUNIT_EXPECT_LT(test, zmem_caches_count(), counted / 4);
	test_fill(test, c, objects, 2000);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 2000), 0);
	zmem_cache_destroy(c);
}

/*
 * A drained node takes nothing new, gives back all that has no live object on
 * it, and the rest as soon as its objects are freed.
 */
static void drained_node_empties(struct kunit *test)
{
	int node = other_node(test);
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void **objects = test_array(test, 300);
	long before = zmem_pool_pages(node);
	void *large, *other;
	size_t i;

	for (i = 0; i < 300; i++) {
		objects[i] = zmem_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE, node);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
	}
	large = zmem_alloc_node(20000, GFP_KERNEL | __GFP_THISNODE, node);
	KUNIT_ASSERT_NOT_NULL(test, large);
	KUNIT_EXPECT_EQ(test, zmem_node_drain(node), -EBUSY);
	KUNIT_EXPECT_TRUE(test, zmem_node_is_closed(node));

	/* Nothing new comes there, whoever asks. */
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE |
						      __GFP_NOWARN, node));
	KUNIT_EXPECT_NULL(test, zmem_alloc_node(20000, GFP_KERNEL | __GFP_THISNODE |
						__GFP_NOWARN, node));
	other = zmem_cache_alloc_node(c, GFP_KERNEL, node);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_NE(test, page_to_nid(virt_to_page(other)), node);
	zmem_cache_free(c, other);
	other = zmem_alloc_node(20000, GFP_KERNEL, node);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_NE(test, page_to_nid(virt_to_page(other)), node);
	zmem_free(other);

	/* What is freed goes back at once: no magazine keeps it. */
	for (i = 0; i < 300; i++)
		zmem_cache_free(c, objects[i]);
	zmem_free(large);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->node[node]->slabs.pages, 0);
	KUNIT_EXPECT_LE(test, zmem_pool_pages(node), before);

	KUNIT_EXPECT_EQ(test, zmem_node_undrain(node), 0);
	KUNIT_EXPECT_FALSE(test, zmem_node_is_closed(node));
	objects[0] = zmem_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE, node);
	KUNIT_EXPECT_NOT_NULL(test, objects[0]);
	zmem_cache_free(c, objects[0]);
	zmem_cache_destroy(c);
}

/* Also slabs that were empty before: nobody's free is to come that would do it. */
static void drained_node_keeps_no_slab(struct kunit *test)
{
	int node = other_node(test);
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void *object = zmem_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE, node);

	KUNIT_ASSERT_NOT_NULL(test, object);
	zmem_cache_free(c, object);
	zmem_cache_drain(zmem_common(c));
	KUNIT_EXPECT_GT(test, zmem_common(c)->node[node]->slabs.pages, 0);
	zmem_node_drain(node);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->node[node]->slabs.pages, 0);
	KUNIT_EXPECT_EQ(test, zmem_node_undrain(node), 0);
	zmem_cache_destroy(c);
}

/* A CPU whose node is drained lives on the next one, and comes home again. */
static void drained_home_moves(struct kunit *test)
{
	int away = other_node(test), home = numa_mem_id();
	struct zmem_cache *c = test_cache(test, 64, NULL);
	void *object = zmem_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(object)), home);
	KUNIT_EXPECT_EQ(test, raw_cpu_ptr(zmem_area(zmem_common(c)))->slow.home, home);
	zmem_node_drain(home);
	KUNIT_EXPECT_NE(test, raw_cpu_ptr(zmem_area(zmem_common(c)))->slow.home, home);
	zmem_cache_free(c, object);
	KUNIT_EXPECT_EQ(test, zmem_common(c)->node[home]->slabs.pages, 0);
	object = zmem_cache_alloc(c, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_NE(test, page_to_nid(virt_to_page(object)), home);
	zmem_cache_free(c, object);
	/* Somewhere objects must be placed. */
	KUNIT_EXPECT_EQ(test, zmem_node_undrain(home), 0);
	zmem_cache_shrink(c);
	object = zmem_cache_alloc(c, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(object)), home);
	zmem_cache_free(c, object);
	zmem_cache_destroy(c);
	KUNIT_EXPECT_FALSE(test, zmem_node_is_closed(away));
}

/* A reserve leaves a drained node, and is full again soon. */
static void drained_reserve_moves(struct kunit *test)
{
	int home = numa_mem_id(), other = other_node(test), tries;
	struct zmem_cache_args args = { .reserve = 20 };
	struct zmem_cache *c = test_cache(test, 64, &args);

	zmem_cache_shrink(c);
	KUNIT_EXPECT_GT(test, READ_ONCE(zmem_common(c)->node[home]->slabs.in_use), 0);
	zmem_node_drain(home);
	KUNIT_EXPECT_EQ(test, READ_ONCE(zmem_common(c)->node[home]->slabs.pages), 0);
	/* Once it is full, the cache is open again. */
	for (tries = 0; tries < 300 && atomic_read(&zmem_common(c)->hold->closers); tries++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&zmem_common(c)->hold->closers), 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(zmem_common(c)->hold->nr), 20);
	KUNIT_EXPECT_GT(test, READ_ONCE(zmem_common(c)->node[other]->slabs.in_use), 0);
	KUNIT_EXPECT_EQ(test, zmem_node_undrain(home), 0);
	zmem_cache_destroy(c);
}

/* Of a reserve from two nodes, the objects of the other stay. */
static void drained_reserve_stays_elsewhere(struct kunit *test)
{
	int home = numa_mem_id(), other = other_node(test), i;
	struct zmem_cache_args args = { .reserve = 20 };
	struct zmem_cache *c = test_cache(test, 64, &args);
	struct zmem_hold *h = zmem_common(c)->hold;
	void *objects[5];

	KUNIT_ASSERT_EQ(test, zmem_slab_alloc(zmem_common(c), GFP_KERNEL | __GFP_THISNODE,
					      other, objects, 5), 5);
	spin_lock_irq(&h->lock);
	for (i = 0; i < 5; i++)
		swap(h->objects[i], objects[i]);
	spin_unlock_irq(&h->lock);
	zmem_slab_free(zmem_common(c), objects, 5);
	zmem_reserve_leave(h, home);
	KUNIT_EXPECT_GE(test, READ_ONCE(zmem_common(c)->node[other]->slabs.in_use), 5);
	KUNIT_EXPECT_TRUE(test, zmem_hold_drain(h));
	KUNIT_EXPECT_EQ(test, READ_ONCE(h->nr), 20);
	zmem_cache_destroy(c);
}

static void drain_refuses(struct kunit *test)
{
	int node, open = -1;

	KUNIT_EXPECT_EQ(test, zmem_node_drain(-1), -EINVAL);
	KUNIT_EXPECT_EQ(test, zmem_node_drain(nr_node_ids), -EINVAL);
	KUNIT_EXPECT_EQ(test, zmem_node_undrain(nr_node_ids), -EINVAL);
	/* All but one may be closed. */
	for_each_node_state(node, N_MEMORY) {
		if (open < 0)
			open = node;
		else
			zmem_node_close(node, ZMEM_NODE_DRAINED);
	}
	KUNIT_EXPECT_EQ(test, zmem_node_drain(open), -EINVAL);
	KUNIT_EXPECT_FALSE(test, zmem_node_is_closed(open));
	for_each_node_state(node, N_MEMORY)
		zmem_node_open(node, ZMEM_NODE_DRAINED);
	KUNIT_EXPECT_EQ(test, zmem_nodes_nr_closed, 0);
}

/* How many of the objects are of a node's memory. */
static size_t count_of_node(void **objects, size_t nr, int node)
{
	size_t i, n = 0;

	for (i = 0; i < nr; i++)
		n += page_to_nid(virt_to_page(objects[i])) == node;
	return n;
}

/* Each node serves its share; what is freed goes home, and stays in use. */
static void interleave(struct kunit *test)
{
	struct zmem_cache_args args = { .node_policy = ZMEM_NODE_INTERLEAVE };
	int other = other_node(test), nodes = num_node_state(N_MEMORY), node;
	struct zmem_cache *c = test_cache(test, 64, &args);
	const size_t nr = 1000 * nodes;
	void **objects = test_array(test, nr);
	unsigned long fresh;

	test_fill(test, c, objects, nr);
	for_each_node_state(node, N_MEMORY) {
		KUNIT_EXPECT_GE(test, count_of_node(objects, nr, node), 700);
		KUNIT_EXPECT_LE(test, count_of_node(objects, nr, node), 1300);
	}
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, nr), 0);
	fresh = test_snapshot(test, c)->fresh;
	test_fill(test, c, objects, nr);
	KUNIT_EXPECT_LE(test, test_snapshot(test, c)->fresh, fresh + nr / 4);

	/* A node that is drained loses its turn, and gets it back. */
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, nr), 0);
	zmem_node_drain(other);
	test_fill(test, c, objects, nr);
	KUNIT_EXPECT_EQ(test, count_of_node(objects, nr, other), 0);
	for_each_node_state(node, N_MEMORY)
		if (node != other)
			KUNIT_EXPECT_LE(test, count_of_node(objects, nr, node),
					nr / (nodes - 1) + 300);
	KUNIT_EXPECT_EQ(test, zmem_node_undrain(other), 0);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, nr), 0);
	zmem_cache_shrink(c);
	test_fill(test, c, objects, nr);
	KUNIT_EXPECT_GE(test, count_of_node(objects, nr, other), 700);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, nr), 0);
	zmem_cache_destroy(c);
}

/* Without magazines each object takes its turn. */
static void interleave_one_by_one(struct kunit *test)
{
	struct zmem_cache_args args = { .node_policy = ZMEM_NODE_INTERLEAVE,
					.mode = ZMEM_MODE_DEBUG };
	int other = other_node(test), nodes = num_node_state(N_MEMORY);
	struct zmem_cache *c = test_cache(test, 64, &args);
	void **objects = test_array(test, 10 * nodes);

	test_fill(test, c, objects, 10 * nodes);
	KUNIT_EXPECT_EQ(test, count_of_node(objects, 10 * nodes, other), 10);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 10 * nodes), 0);
	zmem_cache_destroy(c);
}

/* One node's objects, whatever a call says; pushes of them are at home. */
static void check_strict(struct kunit *test, enum zmem_mode mode, int node, int away)
{
	struct zmem_cache_args args = { .node_policy = ZMEM_NODE_STRICT,
					.node = node, .mode = mode };
	struct zmem_cache *c = test_cache(test, 64, &args);
	void **objects = test_array(test, 500), *object;

	test_fill(test, c, objects, 500);
	KUNIT_EXPECT_EQ(test, count_of_node(objects, 500, node), 500);
	/* A wish for another node is none; a demand cannot be met. */
	object = zmem_cache_alloc_node(c, GFP_KERNEL, away);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, count_of_node(&object, 1, node), 1);
	zmem_cache_free(c, object);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE,
						      away));
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 500), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->remote_frees, 0);

	/* No other node helps out, and homes do not move. */
	zmem_node_drain(node);
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc(c, GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test, zmem_cache_alloc_node(c, GFP_KERNEL | __GFP_NOWARN, away));
	KUNIT_EXPECT_EQ(test, zmem_cache_alloc_bulk(c, GFP_KERNEL | __GFP_NOWARN, 8,
						    objects), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->slabs, 0);
	KUNIT_EXPECT_EQ(test, zmem_node_undrain(node), 0);
	test_fill(test, c, objects, 500);
	KUNIT_EXPECT_EQ(test, count_of_node(objects, 500, node), 500);
	KUNIT_EXPECT_EQ(test, test_drop(c, objects, 500), 0);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->remote_frees, 0);
	zmem_cache_destroy(c);
}

static void strict(struct kunit *test)
{
	int other = other_node(test), here = numa_mem_id();

	check_strict(test, ZMEM_MODE_FAST, other, here);
	check_strict(test, ZMEM_MODE_FAST, here, other);
	check_strict(test, ZMEM_MODE_DEBUG, other, here);
}

static void policy_refuses(struct kunit *test)
{
	static const struct zmem_cache_args bad[] = {
		{ .node_policy = ZMEM_NODE_STRICT + 1 },
		{ .node_policy = -1 },
		{ .node_policy = ZMEM_NODE_STRICT, .node = -1 },
		{ .node_policy = ZMEM_NODE_STRICT, .node = MAX_NUMNODES },
		{ .node_policy = ZMEM_NODE_STRICT, .node = INT_MAX },
		{ .node_policy = ZMEM_NODE_INTERLEAVE, .node = 1 },
		{ .node = 1 },
	};
	struct zmem_cache_args empty = { .node_policy = ZMEM_NODE_STRICT };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    PTR_ERR_OR_ZERO(zmem_cache_create("kunit", 64, &bad[i])),
				    "case %zu", i);
	for_each_node(empty.node)
		if (!node_state(empty.node, N_MEMORY))
			KUNIT_EXPECT_EQ(test, -EINVAL,
					PTR_ERR_OR_ZERO(zmem_cache_create("kunit", 64, &empty)));
}

/* A closed node has no turn, be it the first or the last. */
static void interleave_skips_closed_nodes(struct kunit *test)
{
	struct zmem_cache_args args = { .node_policy = ZMEM_NODE_INTERLEAVE };
	int other = other_node(test), here = numa_mem_id(), i;
	struct zmem_cache *c = test_cache(test, 64, &args);

	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_NE(test, zmem_node_by_policy(zmem_common(c), here),
				zmem_node_by_policy(zmem_common(c), here));
	zmem_node_close(here, ZMEM_NODE_DRAINED);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_NE(test, zmem_node_by_policy(zmem_common(c), here), here);
	zmem_node_open(here, ZMEM_NODE_DRAINED);
	zmem_node_close(other, ZMEM_NODE_DRAINED);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_NE(test, zmem_node_by_policy(zmem_common(c), here), other);
	zmem_node_open(other, ZMEM_NODE_DRAINED);
	zmem_cache_destroy(c);
}

static struct kunit_case numa_cases[] = {
	KUNIT_CASE(interleave),
	KUNIT_CASE(interleave_one_by_one),
	KUNIT_CASE(interleave_skips_closed_nodes),
	KUNIT_CASE(strict),
	KUNIT_CASE(policy_refuses),
	KUNIT_CASE(drained_node_empties),
	KUNIT_CASE(drained_node_keeps_no_slab),
	KUNIT_CASE(drained_home_moves),
	KUNIT_CASE(drained_reserve_moves),
	KUNIT_CASE(drained_reserve_stays_elsewhere),
	KUNIT_CASE(drain_refuses),
	KUNIT_CASE(placement),
	KUNIT_CASE(remote_frees_travel_home),
	KUNIT_CASE(remote_bulks_travel_home),
	KUNIT_CASE(batches_of_two_nodes),
	KUNIT_CASE(reclaim),
	{}
};

static struct kunit_suite numa_suite = {
	.name = "zmem_numa",
	.init = test_init,
	.exit = test_exit,
	.test_cases = numa_cases,
};

kunit_test_suite(numa_suite);
