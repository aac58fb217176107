// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Nodes: which is a CPU's home, and which are closed to new objects.
 *
 * A node's memory can go offline only once none of our pages is on it, and the
 * kernel looks at the pages before it asks anybody.  So a node is drained by
 * name first: it is closed, CPUs that lived there move to the next nearest,
 * and what rests in magazines, depots, empty slabs and free runs goes back.
 * What is left then is live objects; as they are freed they go straight to
 * their slabs, and slabs of a closed node go back as soon as they are empty.
 *
 * Closing is not atomic: who looked at the node just before may still place an
 * object.  It is counted, and a second drain finds it.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/rcupdate.h>
#include <linux/topology.h>
#include <compat/work.h>

#include "internal.h"
#include "core/cache.h"
#include "core/depot.h"
#include "core/free_rcu.h"
#include "core/nodes.h"
#include "core/pool.h"
#include "core/quarantine.h"
#include "core/reserve.h"
#include "core/slab.h"

/* Bits are set and cleared one by one, and looked at without a lock. */
static nodemask_t zmem_nodes_closed[ZMEM_NODE_CLOSERS];

/* Nodes in either: zero on most machines for good. */
unsigned int zmem_nodes_nr_closed __read_mostly;

bool __zmem_node_is_closed(int node)
{
	unsigned int i;

	for (i = 0; i < ZMEM_NODE_CLOSERS; i++)
		if (node_isset(node, zmem_nodes_closed[i]))
			return true;
	return false;
}

static void nodes_count(void)
{
	unsigned int nr = 0;
	int node;

	for_each_node(node)
		nr += __zmem_node_is_closed(node);
	WRITE_ONCE(zmem_nodes_nr_closed, nr);
}

/**
 * zmem_node_nearest_open() - where to place what would go to a node
 * @node: the node
 *
 * Context: any.
 * Return: the nearest node with memory that is open, @node itself if it is;
 * @node if all are closed.
 */
int zmem_node_nearest_open(int node)
{
	int other, best = -1;

	for_each_node_state(other, N_MEMORY) {
		if (zmem_node_is_closed(other))
			continue;
		if (best < 0 || node_distance(node, other) < node_distance(node, best))
			best = other;
	}
	return best < 0 ? node : best;
}

/*
 * The next open node after the one whose turn it was.  Where CPUs meet, one
 * node's turn may count for two of them, or come twice.
 */
static int node_in_turn(struct zmem_common *c)
{
	int last = READ_ONCE(c->policy_node), first = -1, node;

	for_each_node_state(node, N_MEMORY) {
		if (zmem_node_is_closed(node))
			continue;
		if (first < 0)
			first = node;
		if (node > last)
			break;
	}
	if (node >= nr_node_ids)
		node = first < 0 ? last : first;
	WRITE_ONCE(c->policy_node, node);
	return node;
}

/**
 * zmem_node_by_policy() - where a batch of a cache's objects is to come from
 * @c: the cache
 * @home: the CPU's
 *
 * Context: any.
 * Return: the node.
 */
int zmem_node_by_policy(struct zmem_common *c, int home)
{
	switch (c->node_policy) {
	case ZMEM_NODE_INTERLEAVE:
		return node_in_turn(c);
	case ZMEM_NODE_STRICT:
		return c->policy_node;
	default:
		return home;
	}
}

/**
 * zmem_node_strict() - what a strict cache makes of a call
 * @c: the cache
 * @gfp: the call's; __GFP_THISNODE is added
 * @node: the call's; set to the cache's
 *
 * Context: any.
 * Return: whether the call can be served at all: it demands no other node, and
 * the cache's still has memory.
 */
bool zmem_node_strict(const struct zmem_common *c, gfp_t *gfp, int *node)
{
	if (*node != c->policy_node && (*gfp & __GFP_THISNODE))
		return false;
	*gfp |= __GFP_THISNODE;
	*node = c->policy_node;
	return node_state(*node, N_MEMORY);
}

/**
 * zmem_node_close() - place nothing on a node any more
 * @node: the node
 * @why: for which reason
 *
 * Context: any.
 */
void zmem_node_close(int node, enum zmem_node_closer why)
{
	node_set(node, zmem_nodes_closed[why]);
	nodes_count();
}

/**
 * zmem_node_open() - undo zmem_node_close()
 * @node: the node
 * @why: the reason that no longer holds; others may
 *
 * Context: any.
 */
void zmem_node_open(int node, enum zmem_node_closer why)
{
	node_clear(node, zmem_nodes_closed[why]);
	nodes_count();
}

/**
 * zmem_cache_homes() - tell each CPU of a cache where its home is now
 * @c: the cache
 *
 * The nearest open node; a strict cache has one home for all: what is freed
 * anywhere is at home.
 *
 * Context: any; with zmem_caches_lock, once the cache is listed.
 */
void zmem_cache_homes(struct zmem_common *c)
{
	bool strict = c->node_policy == ZMEM_NODE_STRICT;
	int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu_ptr(zmem_area(c), cpu)->slow.home, strict ?
			   c->policy_node : zmem_node_nearest_open(cpu_to_mem(cpu)));
}

/**
 * zmem_homes_update() - tell each CPU of each cache where its home is now
 *
 * Magazines of the old home stay loaded until they are empty or drained.
 *
 * Context: may sleep.
 */
void zmem_homes_update(void)
{
	struct zmem_common *c;

	mutex_lock(&zmem_caches_lock);
	list_for_each_entry(c, &zmem_caches, list)
		zmem_cache_homes(c);
	mutex_unlock(&zmem_caches_lock);
}

static int drain_cache_node(struct zmem_common *c, void *arg)
{
	int node = *(int *)arg;

	zmem_quarantine_drain(c);
	zmem_depot_drain(c, node);
	if (c->hold)
		zmem_reserve_leave(c->hold, node);
	zmem_slabs_trim(c, &c->node[node]->slabs, 0);
	return 0;
}

static int name_cache(struct zmem_common *c, void *arg)
{
	unsigned long pages = READ_ONCE(c->node[*(int *)arg]->slabs.pages);

	if (pages)
		pr_info("zmem: node %d: cache %s has objects on %lu pages\n",
			*(int *)arg, c->name, pages);
	return 0;
}

/**
 * zmem_node_drain() - close a node and give all of it back that can be
 * @node: the node
 *
 * Context: may sleep.
 * Return: 0 if no page of it is ours any more; -EBUSY if live objects are on
 * it, whose caches are named in the log; -EINVAL if it is no node with memory,
 * or the last one that is open.  But for -EINVAL the node stays closed.
 */
int zmem_node_drain(int node)
{
	if (node < 0 || node >= nr_node_ids || !node_state(node, N_MEMORY))
		return -EINVAL;
	zmem_node_close(node, ZMEM_NODE_DRAINED);
	if (zmem_node_nearest_open(node) == node) {
		zmem_node_open(node, ZMEM_NODE_DRAINED);
		return -EINVAL;
	}
	zmem_homes_update();
	/* Objects, and then runs, that only wait for readers are not live. */
	zmem_rcu_drain();
	zmem_on_each_cpu(zmem_caches_drain_this_cpu, NULL, NULL);
	zmem_caches_for_each(drain_cache_node, &node);
	rcu_barrier();
	zmem_pool_trim_node(node);
	if (!zmem_pool_pages(node))
		return 0;
	zmem_caches_for_each(name_cache, &node);
	return -EBUSY;
}

/**
 * zmem_node_undrain() - open a node that was drained
 * @node: the node
 *
 * Context: may sleep.
 * Return: 0, or -EINVAL if it is no node with memory.
 */
int zmem_node_undrain(int node)
{
	if (node < 0 || node >= nr_node_ids || !node_state(node, N_MEMORY))
		return -EINVAL;
	zmem_node_open(node, ZMEM_NODE_DRAINED);
	zmem_homes_update();
	return 0;
}
