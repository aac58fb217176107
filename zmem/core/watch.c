// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Watching: while a tracepoint of single calls is on, each call is seen.
 *
 * The fast path knows of no tracepoint.  Whoever watches closes the magazines
 * of all CPUs, and every call takes the slow path, where the tracepoints are.
 * There the loaded magazine is opened for the call and closed behind it with
 * busy set all along (share_enter(), share_exit()): an interrupt between finds
 * it closed, or busy set.  So calls are served as they are else, by magazines,
 * depots and slabs, and are counted as hits and misses as they are else.
 *
 * Closed is what a CPU leaves behind while the key is on; hence new caches,
 * new CPUs, and magazines that were on their way need no care.  What a CPU had
 * open when the key was turned on it closes itself, in work that the watcher
 * waits for.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <compat/trace.h>
#include <compat/work.h>

#include "internal.h"
#include "core/cache.h"
#include "core/share.h"
#include "core/watch.h"

DEFINE_STATIC_KEY_FALSE(zmem_watch_key);

/* This CPU's magazine as it is to be between two calls from now on. */
static int watch_cache(struct zmem_common *c, void *unused)
{
	struct zmem_cpu *zc = zmem_cpu_enter(zmem_shares(c->cache));

	if (!zc)
		return 0;
	if (zmem_watched())
		cpu_close(zc);
	else if (!zmem_slow(zc)->closed)
		cpu_open(zc);
	zmem_cpu_exit(zc);
	return 0;
}

/* In task context: no share is busy. */
static void watch_this_cpu(void *unused)
{
	zmem_caches_for_each(watch_cache, NULL);
}

/**
 * zmem_watch_begin() - have every call of every cache take the slow path
 *
 * As many begin as end; a tracepoint does when its first probe comes.
 *
 * Context: may sleep.
 * Return: 0, when that is so on all CPUs.
 */
int zmem_watch_begin(void)
{
	static_branch_inc(&zmem_watch_key);
	zmem_on_each_cpu(watch_this_cpu, NULL, NULL);
	return 0;
}

/**
 * zmem_watch_end() - the watcher is gone
 *
 * Context: may sleep.
 */
void zmem_watch_end(void)
{
	static_branch_dec(&zmem_watch_key);
	zmem_on_each_cpu(watch_this_cpu, NULL, NULL);
}

/*
 * A size class's object may be a run of pages for once, which is freed as one.
 * No event tells of requests for no bytes: nothing is ever freed for them.
 */
void __zmem_see_alloc(unsigned long caller, const struct zmem_common *c,
		      const void *object, size_t size, gfp_t gfp, int node)
{
	size_t given = c->size;

	if (c->flags & ZMEM_ZERO)
		return;
	if (!size)
		size = c->object_size;
	if (object && c->flags & (ZMEM_LARGE | ZMEM_SIZE_CLASS)) {
		c = zmem_common(zmem_cache_of(object));
		if (c->flags & ZMEM_LARGE)
			given = PAGE_ALIGN(zmem_page_bytes(virt_to_page(object)));
	}
	trace_zmem_alloc(caller, object, c->name, size, given, gfp, node);
}

void __zmem_see_bulk_alloc(unsigned long caller, const struct zmem_common *c,
			   void **objects, size_t nr, gfp_t gfp)
{
	size_t i;

	for (i = 0; i < nr; i++)
		trace_zmem_alloc(caller, objects[i], c->name, c->object_size, c->size,
				 gfp, NUMA_NO_NODE);
}

void __zmem_see_bulk_free(unsigned long caller, const struct zmem_common *c,
			  void **objects, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		trace_zmem_free(caller, objects[i], c->name);
}
