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
 * How many runs a slot keeps of a class grows with what is freed, within a
 * budget for all threads; where that is spent, a slot's classes that are idle
 * make room.  What a thread did not work with between two looks of the tick
 * goes back.
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

/* Of a class in a slot, and of all; 8 MiB, of which what was touched counts. */
#define RUN_DEPTH	16u
#define RUN_BUDGET	2048L

/**
 * struct run_class - a class of runs
 * @cache: its share of each slot, by the name that the core's caches have
 * @pages: of a run
 *
 * The steps are the size classes', pages for eights of bytes.
 */
struct run_class {
	struct zmem_cache *cache;
	unsigned int pages;
};

static struct run_class run_classes[ZMEM_SIZE_CLASSES];
static atomic_long_t run_room = { RUN_BUDGET };	/* pages that may yet be kept */
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

/* Room for one more run, if the class and the budget have it. */
static bool share_grow(const struct run_class *class, struct zmem_cpu *zc)
{
	if (zc->high == share_objects(zc) + RUN_DEPTH)
		return false;
	if (atomic_long_sub_return(class->pages, &run_room) < 0) {
		atomic_long_add(class->pages, &run_room);
		return false;
	}
	if (!zc->high) {
		zc->low = share_objects(zc);
		zc->high = zc->low;
		zmem_cpu_set_top(zc, zc->low);
	}
	zc->high++;
	return true;
}

/* Takes a share's runs out, and its room away; returns how many. */
static unsigned int share_close(const struct run_class *class, struct zmem_cpu *zc,
				void **runs)
{
	unsigned int i, nr = zc->top - zc->low;

	for (i = 0; i < nr; i++)
		runs[i] = zc->low[i];
	atomic_long_add((zc->high - zc->low) * class->pages, &run_room);
	zmem_cpu_set_top(zc, NULL);
	zc->low = NULL;
	zc->high = NULL;
	return nr;
}

/*
 * For a block that grew to @size and will grow on: the bytes of the largest
 * run that this fills to more than half.  Pages that are never touched cost
 * addresses only.
 */
size_t run_roomy(size_t size)
{
	unsigned int pages = (2 * size - 1) / PAGE_SIZE;

	return (pages <= 8 ? pages : round_down(pages, 1u << (ilog2(pages) - 2))) * PAGE_SIZE;
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

static void run_give_back(void *p)
{
	if (zmem_page_tagged(virt_to_page(p)))
		zmem_large_free(zmem_large, p);
	else
		zmem_report(zmem_large, ZMEM_DOUBLE_FREE, p);
}

/* Whether a share has room, and was not worked with since it was last asked. */
static bool share_is_idle(struct zmem_cpu *zc)
{
	unsigned long seen = zmem_slow(zc)->seen;

	zmem_slow(zc)->seen = zc->allocs;
	return zc->high && zc->allocs == seen;
}

/* Closes one idle class of @held's slot but @but, whose share that is; returns its runs. */
static unsigned int steal_room(const struct run_class *but, struct zmem_cpu *held, void **runs)
{
	unsigned long off = (unsigned long)held - (unsigned long)zmem_shares(but->cache);
	struct run_class *class;

	for (class = run_classes; class < run_classes + ZMEM_SIZE_CLASSES; class++) {
		struct zmem_cpu *zc;

		if (!class->cache || class == but)
			continue;
		zc = shim_percpu_at(zmem_shares(class->cache), off);
		if (share_is_idle(zc))
			return share_close(class, zc, runs);
	}
	return 0;
}

/* Whether this thread's share of the class had or got room for @p. */
static bool run_keep(const struct run_class *class, void *p)
{
	unsigned int nr = 0;
	void *runs[RUN_DEPTH];
	struct zmem_cpu *zc;
	bool ok;

	zmem_cpu_poll();
	zc = zmem_cpu_enter(zmem_shares(class->cache));
	if (!zc)
		return false;
	ok = page_to_nid(virt_to_page(p)) == numa_node_id();
	if (zc->high && zc->top[-1] == p) {
		zmem_cpu_exit(zc);
		zmem_report(zmem_large, ZMEM_DOUBLE_FREE, p);
		return true;
	}
	if (ok && zc->top == zc->high && !share_grow(class, zc)) {
		nr = steal_room(class, zc, runs);
		ok = share_grow(class, zc);
	}
	if (ok) {
		*zc->top = p;
		zmem_cpu_set_top(zc, zc->top + 1);
	}
	zmem_cpu_exit(zc);
	while (nr)
		run_give_back(runs[--nr]);
	return ok;
}

/* What the fast path did not take; @p is on a tagged page of zmem_large's. */
void run_free(struct zmem_cache *cache, void *p)
{
	unsigned int pages = pages_of(p);

	if (cache == zmem_large->cache || !PAGE_ALIGNED(p) ||
	    !run_keep(&run_classes[zmem_size_class(pages * 8)], p))
		run_give_back(p);
}

static void class_trim_this_cpu(const struct run_class *class, bool all)
{
	struct zmem_cpu *zc = zmem_cpu_enter(zmem_shares(class->cache));
	void *runs[RUN_DEPTH];
	unsigned int nr = 0;

	if (!zc)
		return;
	if (share_is_idle(zc) || all)
		nr = share_close(class, zc, runs);
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
	void *runs[RUN_DEPTH];
	struct run_class *class;
	unsigned int nr;

	for (class = run_classes; class < run_classes + ZMEM_SIZE_CLASSES; class++) {
		if (!class->cache)
			continue;
		nr = share_close(class, per_cpu_ptr(zmem_shares(class->cache), cpu),
				 runs);
		while (nr)
			run_give_back(runs[--nr]);
	}
	return 0;
}

static int class_make(struct run_class *class, unsigned int pages)
{
	struct zmem_cpu_area __percpu *area;

	class->pages = pages;
	area = __alloc_percpu(sizeof(*area) + (1 + RUN_DEPTH) * sizeof(void *),
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
