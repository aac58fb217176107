// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Pools: runs of 2^order pages, by node, with a bounded cache of free runs.
 *
 * The cache spares slabs that come and go the page allocator's zone lock.
 * Only ordinary runs enter it: a run from a DMA zone, charged to a cgroup or
 * taken from the emergency reserves goes back at once.
 */
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <compat/poison.h>

#include "internal.h"
#include "core/nodes.h"
#include "core/pool.h"

#define ZMEM_POOL_ORDERS	9u

/*
 * 1 MiB a node: a few dozen slabs, or a 1 MiB run that comes and goes.  What
 * waits here is lost to everyone else, and the page allocator is not slow.
 */
unsigned int zmem_pool_max_pages = 256;

/**
 * struct zmem_pool - a node's free runs
 * @lock: all fields
 * @runs: by order, linked through page->lru
 * @pages: in them
 * @held: pages between alloc_pages() and __free_pages(), leaked ones included
 */
struct zmem_pool {
	spinlock_t lock;	/* the fields below, but @held */
	struct list_head runs[ZMEM_POOL_ORDERS];
	unsigned int pages;
	atomic_long_t held;
} ____cacheline_aligned;

static struct zmem_pool *zmem_pools;

static atomic_long_t zmem_pages_leaked;

static struct page *pool_take(struct zmem_pool *pool, unsigned int order)
{
	struct page *page;
	unsigned long flags;

	if (order >= ZMEM_POOL_ORDERS || !READ_ONCE(pool->pages))
		return NULL;
	spin_lock_irqsave(&pool->lock, flags);
	page = list_first_entry_or_null(&pool->runs[order], struct page, lru);
	if (page) {
		list_del(&page->lru);
		pool->pages -= 1u << order;
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	if (page) {
		zmem_page_unbind(page);
		zmem_unpoison(page_address(page), PAGE_SIZE << order);
	}
	return page;
}

static bool pool_keep(struct zmem_pool *pool, struct page *page,
		      unsigned int order)
{
	unsigned long flags;
	bool kept = false;

	if (order >= ZMEM_POOL_ORDERS || zmem_node_is_closed(page_to_nid(page)))
		return false;
	zmem_poison(page_address(page), PAGE_SIZE << order);
	spin_lock_irqsave(&pool->lock, flags);
	if (pool->pages + (1u << order) <= zmem_pool_max_pages) {
		list_add(&page->lru, &pool->runs[order]);
		pool->pages += 1u << order;
		kept = true;
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	return kept;
}

static void pool_give_back(struct page *page, unsigned int order)
{
	atomic_long_sub(1L << order, &zmem_pools[page_to_nid(page)].held);
	__free_pages(page, order);
}

/* Pages while some nodes are closed: of the nearest open one, or any other. */
static struct page *alloc_pages_open(gfp_t gfp, int node, unsigned int order)
{
	int best = zmem_node_nearest_open(node), other;
	struct page *page;

	if (zmem_node_is_closed(best) || (best != node && (gfp & __GFP_THISNODE)))
		return NULL;
	page = alloc_pages_node(best, gfp | __GFP_THISNODE, order);
	if (page || (gfp & __GFP_THISNODE))
		return page;
	for_each_node_state(other, N_MEMORY) {
		if (other == best || zmem_node_is_closed(other))
			continue;
		page = alloc_pages_node(other, gfp | __GFP_THISNODE, order);
		if (page)
			break;
	}
	return page;
}

/**
 * zmem_pool_alloc() - get a run of pages
 * @gfp: ZMEM_GFP_PAGES, ZMEM_GFP_BYPASS and __GFP_ZERO
 * @node: where, or NUMA_NO_NODE for the nearest; a preference unless
 *	__GFP_THISNODE
 * @order: 2^order pages, aligned to as much
 * @how: set to ZMEM_RUN_FRESH if the run came from the page allocator, and so
 *	is zeroed if @gfp says, and to ZMEM_RUN_BYPASS if it may enter no cache
 *
 * Context: as @gfp says.
 * Return: the first page, with all fields that zmem uses clear, or NULL.
 */
struct page *zmem_pool_alloc(gfp_t gfp, int node, unsigned int order,
			     unsigned int *how)
{
	struct page *page;

	if (node == NUMA_NO_NODE)
		node = numa_mem_id();
	*how = 0;
	if (!(gfp & ZMEM_GFP_BYPASS)) {
		page = pool_take(&zmem_pools[node], order);
		if (page)
			return page;
	}
	*how = ZMEM_RUN_FRESH;
	page = likely(!READ_ONCE(zmem_nodes_nr_closed)) ?
	       alloc_pages_node(node, gfp, order) : alloc_pages_open(gfp, node, order);
	if (!page)
		return NULL;
	atomic_long_add(1L << order, &zmem_pools[page_to_nid(page)].held);
	if ((gfp & ZMEM_GFP_BYPASS) || page_is_pfmemalloc(page))
		*how |= ZMEM_RUN_BYPASS;
	/* An emergency page says so in lru.next, which is ours from here. */
	page->lru.next = NULL;
	page->lru.prev = NULL;
	return page;
}

/**
 * zmem_pool_free() - give a run of pages back
 * @page: the first, with all fields that zmem uses clear
 * @order: of the run
 * @how: what zmem_pool_alloc() said of it
 *
 * Context: any but NMI.
 */
void zmem_pool_free(struct page *page, unsigned int order, unsigned int how)
{
	if ((how & ZMEM_RUN_BYPASS) ||
	    !pool_keep(&zmem_pools[page_to_nid(page)], page, order))
		pool_give_back(page, order);
}

/* Pages that wait in the free-run caches. */
unsigned long zmem_pools_cached(void)
{
	unsigned long pages = 0;
	int node;

	for_each_node(node)
		pages += READ_ONCE(zmem_pools[node].pages);
	return pages;
}

static unsigned long pool_trim(struct zmem_pool *pool, unsigned long pages)
{
	unsigned int order = ZMEM_POOL_ORDERS;
	unsigned long trimmed = 0;

	/* The longest first: most memory for the fewest calls. */
	while (order-- && trimmed < pages) {
		struct page *page;

		while (trimmed < pages && (page = pool_take(pool, order))) {
			pool_give_back(page, order);
			trimmed += 1UL << order;
		}
	}
	return trimmed;
}

/**
 * zmem_pools_trim() - give cached free runs back
 * @pages: at least this many, as far as there are
 *
 * Context: any but NMI.
 * Return: pages given back.
 */
unsigned long zmem_pools_trim(unsigned long pages)
{
	unsigned long trimmed = 0;
	int node;

	for_each_node(node)
		trimmed += pool_trim(&zmem_pools[node], pages - min(trimmed, pages));
	return trimmed;
}

/* Gives all of a node's cached free runs back. */
void zmem_pool_trim_node(int node)
{
	pool_trim(&zmem_pools[node], ULONG_MAX);
}

/* Pages of a node that zmem holds, with those that it has given up for leaked. */
long zmem_pool_pages(int node)
{
	return atomic_long_read(&zmem_pools[node].held);
}

/* Pages that zmem holds, without those that it has given up for leaked. */
long zmem_pools_pages(void)
{
	long pages = -atomic_long_read(&zmem_pages_leaked);
	int node;

	for_each_node(node)
		pages += zmem_pool_pages(node);
	return pages;
}

/* Pages under leaked objects: they stay allocated for good. */
void zmem_pools_leak(unsigned long pages)
{
	atomic_long_add(pages, &zmem_pages_leaked);
}

/* Pages of a node that the caller took out of a run and gave back by itself. */
void zmem_pool_forget(int node, unsigned long pages)
{
	atomic_long_sub(pages, &zmem_pools[node].held);
}

/**
 * zmem_pools_init() - make the pools, one for each possible node
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int zmem_pools_init(void)
{
	unsigned int order;
	int node;

	zmem_pools = kcalloc(nr_node_ids, sizeof(*zmem_pools), GFP_KERNEL);
	if (!zmem_pools)
		return -ENOMEM;
	for_each_node(node) {
		spin_lock_init(&zmem_pools[node].lock);
		for (order = 0; order < ZMEM_POOL_ORDERS; order++)
			INIT_LIST_HEAD(&zmem_pools[node].runs[order]);
	}
	return 0;
}

/* Unmakes the pools, also half-made ones. */
void zmem_pools_exit(void)
{
	long leaked = atomic_long_read(&zmem_pages_leaked);

	if (!zmem_pools)
		return;
	zmem_pools_trim(ULONG_MAX);
	if (leaked)
		pr_warn("zmem: %ld pages of leaked objects stay allocated\n", leaked);
	WARN_ONCE(zmem_pools_pages(), "zmem: %ld pages lost\n", zmem_pools_pages());
	kfree(zmem_pools);
	zmem_pools = NULL;
	/* They were on these pools' books, and are on no later ones'. */
	atomic_long_set(&zmem_pages_leaked, 0);
}
