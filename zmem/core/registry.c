// SPDX-License-Identifier: GPL-2.0 OR MIT
/* All caches at once: what a CPU's death or memory pressure means to them. */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <compat/trace.h>

#include "internal.h"
#include "core/cache.h"
#include "core/depot.h"
#include "core/free_rcu.h"
#include "core/magazine.h"
#include "core/pool.h"
#include "core/quarantine.h"
#include "core/slab.h"

/**
 * zmem_caches_for_each() - look at every cache
 * @fn: called for each until it returns other than 0; allocates nothing
 * @arg: passed to @fn
 *
 * Context: may sleep.
 */
void zmem_caches_for_each(int (*fn)(struct zmem_common *cache, void *arg), void *arg)
{
	struct zmem_common *c;

	mutex_lock(&zmem_caches_lock);
	list_for_each_entry(c, &zmem_caches, list)
		if (fn(c, arg))
			break;
	mutex_unlock(&zmem_caches_lock);
}

/**
 * zmem_snapshot_nth() - the statistics of the n-th cache
 * @n: from 0
 * @snap: where to put them
 *
 * Context: may sleep.
 * Return: 0, or -ENOENT if there are no more than @n caches.
 */
int zmem_snapshot_nth(unsigned int n, struct zmem_snapshot *snap)
{
	struct zmem_common *c;
	int err = -ENOENT;

	mutex_lock(&zmem_caches_lock);
	list_for_each_entry(c, &zmem_caches, list) {
		if (n--)
			continue;
		zmem_snapshot_take(c, snap);
		err = 0;
		break;
	}
	mutex_unlock(&zmem_caches_lock);
	return err;
}

static int drain_this_cpu(struct zmem_common *c, void *unused)
{
	if (!(c->flags & ZMEM_NO_MAGAZINES))
		zmem_magazines_drain_this_cpu(c);
	return 0;
}

/* Puts what this CPU has of all caches back; for zmem_on_each_cpu(). */
void zmem_caches_drain_this_cpu(void *unused)
{
	zmem_caches_for_each(drain_this_cpu, NULL);
}

/**
 * zmem_caches_cpu_dead() - leave a dead CPU's objects to the others
 * @cpu: which; it runs no code any more
 *
 * Context: may sleep.
 */
void zmem_caches_cpu_dead(unsigned int cpu)
{
	struct zmem_common *c;

	mutex_lock(&zmem_caches_lock);
	list_for_each_entry(c, &zmem_caches, list)
		zmem_magazines_bequeath(c, cpu);
	mutex_unlock(&zmem_caches_lock);
}

static unsigned long cache_reclaimable(const struct zmem_common *c)
{
	unsigned long bytes = 0, pages = 0;
	int node;

	for_each_node(node) {
		bytes += READ_ONCE(c->node[node]->depot.objects) * c->size;
		pages += READ_ONCE(c->node[node]->slabs.pages_empty);
	}
	return pages + bytes / PAGE_SIZE;
}

/**
 * zmem_caches_count() - pages that zmem_caches_reclaim() might give back
 *
 * Context: any task context, from within reclaim too: takes no lock but by
 * trying.
 * Return: pages; 0 if somebody else is at work on the caches.
 */
unsigned long zmem_caches_count(void)
{
	unsigned long pages = zmem_pools_cached();
	struct zmem_common *c;

	if (!mutex_trylock(&zmem_caches_lock))
		return pages;
	list_for_each_entry(c, &zmem_caches, list)
		pages += cache_reclaimable(c);
	mutex_unlock(&zmem_caches_lock);
	return pages;
}

/* @shrink is zmem_depot_trim() or zmem_depot_drain(). */
static void cache_reclaim(struct zmem_common *c,
			  void (*shrink)(struct zmem_common *c, int node))
{
	int node;

	zmem_quarantine_drain(c);
	for_each_node(node) {
		shrink(c, node);
		zmem_slabs_trim(c, &c->node[node]->slabs, 0);
	}
	/* Slabs' runs went to the pools first. */
	zmem_pools_trim(ULONG_MAX);
}

/* Pages that went back since there were @before. */
static unsigned long given_back(long before)
{
	return max(before - zmem_pools_pages(), 0L);
}

/* Whether caches gave @pages since there were @before. */
static bool caches_reclaim(void (*shrink)(struct zmem_common *c, int node),
			   long before, unsigned long pages)
{
	struct zmem_common *c;

	list_for_each_entry(c, &zmem_caches, list) {
		cache_reclaim(c, shrink);
		if (given_back(before) >= pages)
			return true;
	}
	return false;
}

/**
 * zmem_caches_reclaim() - give memory back under pressure
 * @pages: wanted
 *
 * Cached free runs first, which cost nobody anything; then, cache by cache,
 * empty slabs and the depots' magazines beyond what is worked with; and only
 * if all caches together gave too little, all of depots: who needs these again
 * pays with a slab trip a magazine, so no cache is drained while another has
 * something idle.  A further strength is the caller's: to have CPUs put back
 * what they hold, zmem_caches_drain_this_cpu(), when this returns less than
 * wanted.  What waits to be freed by RCU is sent on its way, and counts in a
 * later call.
 *
 * Never allocates, never waits for a CPU, stops when locked out.
 *
 * Context: any task context, from within reclaim too.
 * Return: pages given back, as far as others' calls do not blur it.
 */
unsigned long zmem_caches_reclaim(unsigned long pages)
{
	long before = zmem_pools_pages();

	zmem_rcu_flush();
	zmem_pools_trim(pages);
	if (given_back(before) >= pages || !mutex_trylock(&zmem_caches_lock))
		return given_back(before);
	if (!caches_reclaim(zmem_depot_trim, before, pages))
		caches_reclaim(zmem_depot_drain, before, pages);
	mutex_unlock(&zmem_caches_lock);
	trace_zmem_shrink(pages, given_back(before));
	return given_back(before);
}
