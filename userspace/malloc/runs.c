// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Runs of pages, above the size classes: magazines of their own.
 *
 * The core's large allocations are cut to the page and go back to the page
 * allocator; programs that make and free buffers would spend their time there.
 * So sizes up to RUN_MAX are rounded up to classes, four to each doubling, and
 * each slot keeps a few free runs of a class.  What keeps them is a share such
 * as a cache has, so that the core's fast path pushes and pops them, with a
 * fixed magazine behind it.  A run's page names that share; to the core it is
 * a live allocation of zmem_large all the time.
 *
 * What a thread did not work with between two looks of the tick goes back.
 */
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>

#include "internal.h"
#include "compat/work.h"
#include "core/large.h"
#include "core/report.h"
#include "core/sizes.h"
#include "fast.h"

/* A class keeps 256 KiB, but one run at least and eight at most. */
#define RUN_KEEP_PAGES	64u
#define RUN_DEPTH_MAX	8u

/**
 * struct run_class - a class of runs
 * @cache: its share of each slot, by the name that the core's caches have
 * @depth: runs that a slot keeps
 */
struct run_class {
	struct zmem_cache *cache;
	unsigned int depth;
};

/* The size classes' steps, pages for eights of bytes. */
static struct run_class run_classes[ZMEM_SIZE_CLASSES];
struct zmem_cache *malloc_run_table[RUN_MAX / PAGE_SIZE + 1];

static unsigned int run_pages(unsigned int pages)
{
	return pages <= 8 ? pages : round_up(pages, 1u << (ilog2(pages - 1) - 2));
}

static unsigned int pages_of(const void *p)
{
	return DIV_ROUND_UP(zmem_page_bytes(virt_to_page(p)), PAGE_SIZE);
}

/* The magazine behind a share; the word before it is its guard. */
static void **share_objects(struct zmem_cpu *zc)
{
	return (void **)((struct zmem_cpu_area *)zc + 1) + 1;
}

static void share_open(struct zmem_cpu *zc, unsigned int depth)
{
	zc->low = share_objects(zc);
	zc->top = zc->low;
	zc->high = zc->low + depth;
}

/* More than the classes of bytes hold, at most ZMEM_ALLOC_MAX. */
void *run_alloc(size_t size, gfp_t gfp)
{
	unsigned int pages = run_pages(DIV_ROUND_UP(size, PAGE_SIZE));
	void *p = __zmem_alloc(pages * PAGE_SIZE, gfp);

	if (p && size <= RUN_MAX)
		set_page_private(virt_to_page(p), (unsigned long)malloc_run_table[pages]);
	return p;
}

/* Whether this thread's share was only not open yet, and keeps @p. */
static bool run_keep(const struct run_class *class, void *p)
{
	struct zmem_cpu *zc;
	bool ok;

	zmem_cpu_poll();
	zc = zmem_cpu_enter(zmem_shares(class->cache));
	if (!zc)
		return false;
	ok = !zc->high && page_to_nid(virt_to_page(p)) == numa_node_id();
	if (ok) {
		share_open(zc, class->depth);
		*zc->top++ = p;
	}
	zmem_cpu_exit(zc);
	return ok;
}

static void run_give_back(void *p)
{
	if (zmem_page_tagged(virt_to_page(p)))
		zmem_large_free(zmem_large, p);
	else
		zmem_report(zmem_large, ZMEM_DOUBLE_FREE, p);
}

/* What the fast path did not take; @p is on a tagged page of zmem_large's. */
void run_free(struct zmem_cache *cache, void *p)
{
	unsigned int pages = pages_of(p);

	if (cache == zmem_large->cache || !PAGE_ALIGNED(p) ||
	    !run_keep(&run_classes[zmem_size_class(pages * 8)], p))
		run_give_back(p);
}

/* Closes a share; its runs stay behind it, from @zc->low on. */
static unsigned int share_close(struct zmem_cpu *zc, void **runs)
{
	unsigned int i, nr = zc->top - zc->low;

	for (i = 0; i < nr; i++)
		runs[i] = zc->low[i];
	zc->top = NULL;
	zc->low = NULL;
	zc->high = NULL;
	return nr;
}

static bool share_is_idle(const struct zmem_cpu *zc)
{
	return READ_ONCE(zc->top) != READ_ONCE(zc->low) &&
	       READ_ONCE(zc->allocs) == zmem_slow((struct zmem_cpu *)zc)->seen;
}

static void class_trim_this_cpu(const struct run_class *class, bool all)
{
	struct zmem_cpu *zc = zmem_cpu_enter(zmem_shares(class->cache));
	void *runs[RUN_DEPTH_MAX];
	unsigned int nr = 0;

	if (!zc)
		return;
	if (all || share_is_idle(zc))
		nr = share_close(zc, runs);
	zmem_slow(zc)->seen = zc->allocs;
	zmem_cpu_exit(zc);
	while (nr)
		run_give_back(runs[--nr]);
}

static void run_trim_this_cpu(void *all)
{
	struct run_class *class;

	for (class = run_classes; class < run_classes + ZMEM_SIZE_CLASSES; class++)
		if (class->cache)
			class_trim_this_cpu(class, all != NULL);
}

/* Gives back all that is kept, or what was not worked with.  May sleep. */
void run_trim(bool all)
{
	zmem_on_each_cpu(run_trim_this_cpu, all ? &all : NULL, NULL);
}

static int run_cpu_dead(unsigned int cpu)
{
	void *runs[RUN_DEPTH_MAX];
	struct run_class *class;
	unsigned int nr;

	for (class = run_classes; class < run_classes + ZMEM_SIZE_CLASSES; class++) {
		if (!class->cache)
			continue;
		nr = share_close(per_cpu_ptr(zmem_shares(class->cache), cpu), runs);
		while (nr)
			run_give_back(runs[--nr]);
	}
	return 0;
}

static int class_make(struct run_class *class, unsigned int pages)
{
	struct zmem_cpu_area __percpu *area;

	class->depth = clamp(RUN_KEEP_PAGES / pages, 1u, RUN_DEPTH_MAX);
	area = __alloc_percpu(sizeof(*area) + (1 + class->depth) * sizeof(void *),
			      __alignof__(*area));
	if (!area)
		return -ENOMEM;
	zmem_slow(zmem_cpu_any(&area->fast))->common = zmem_large;
	class->cache = (struct zmem_cache *)area;
	return 0;
}

/* Return: 0 or -errno. */
int run_init(void)
{
	unsigned int pages = ZMEM_MEDIUM_MAX / PAGE_SIZE + 1;
	struct run_class *class;
	int err;

	for (; pages <= RUN_MAX / PAGE_SIZE; pages++) {
		class = &run_classes[zmem_size_class(pages * 8)];
		if (!class->cache && class_make(class, run_pages(pages)))
			return -ENOMEM;
		malloc_run_table[pages] = class->cache;
	}
	err = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "zmem:runs", NULL,
					run_cpu_dead);
	return min(err, 0);
}
