// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * malloc() and free() over zmem's size classes, and what they do when the fast
 * path of fast.h cannot serve a call.  Nothing here, nor in the shim and the
 * core below, calls malloc() itself.
 */
#include <errno.h>
#include <linux/kernel.h>
#include <linux/llist.h>
#include <linux/lock.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "internal.h"
#include "init.h"
#include "core/cache.h"
#include "core/pool.h"
#include "core/report.h"
#include "core/sizes.h"
#include "fast.h"

/* What there is before there is anything: no magazine, so nothing to pop. */
static struct zmem_cpu no_share;
#define NO_CACHE	((struct zmem_cache *)&no_share)

struct zmem_cache *malloc_table[ZMEM_MEDIUM_MAX / MALLOC_ALIGN + 1] = {
	[0 ... ZMEM_MEDIUM_MAX / MALLOC_ALIGN] = NO_CACHE,
};

ZMEM_PUBLIC ____cacheline_aligned void *malloc(size_t size)
{
	void *p;

	return malloc_fast(size, &p) ? p : malloc_slow(size, 0);
}

ZMEM_PUBLIC ____cacheline_aligned void free(void *p)
{
	free_fast(p);
}

/*
 * A program's bursts are longer than a kernel's: magazines begin with room for
 * some 64 KiB of blocks, of larger ones for a few dozen.  The tuner has the last
 * word.
 */
static unsigned int magazine_least(unsigned int size)
{
	if (size <= 512)
		return 124;
	if (size <= 1024)
		return 60;
	return size <= 4096 ? 28 : 12;
}

static void magazines_size(void)
{
	unsigned int class;

	for (class = 1; class < ZMEM_SIZE_CLASSES; class++) {
		struct zmem_common *c = zmem_common(zmem_size_caches[class]);

		WRITE_ONCE(c->magazine_size, max(c->magazine_size, magazine_least(c->size)));
	}
}

static int malloc_init_once(void)
{
	static struct shim_lock lock;
	static bool done;
	int err = 0;

	shim_lock_acquire(&lock);
	if (!done)
		err = run_init();
	if (!done && !err)
		magazines_size();
	done = !err;
	shim_lock_release(&lock);
	return err;
}

/* Who comes twice writes the same. */
static void table_fill(void)
{
	size_t i, size;

	for (i = 0; i < ARRAY_SIZE(malloc_table); i++) {
		size = max_t(size_t, i, 1) * MALLOC_ALIGN;
		WRITE_ONCE(malloc_table[i], zmem_size_caches[zmem_size_class(size)]);
	}
}

/*
 * Before the library's own constructor makes the caches, and before whoever
 * allocates earlier than that.
 */
static void __attribute__((constructor(200))) malloc_mode(void)
{
	zmem_defaults.mode = ZMEM_MODE_FAST;
	/* Free pages wait below, where they are one run again. */
	zmem_pool_max_pages = 32;
	/*
	 * Threads that begin together have fewer pages in common then.  What is in
	 * a magazine and was never touched is no memory yet.
	 */
	zmem_magazine_first = 60;
}

bool malloc_ready(void)
{
	if (likely(READ_ONCE(malloc_table[0]) != NO_CACHE))
		return true;
	malloc_mode();
	if (zmem_user_init() || malloc_init_once())
		return false;
	table_fill();
	return true;
}

/*
 * Before there is a second thread: it could look an entry up now, and use it
 * when slots are open.  Other CPUs' shares are at an address near a cache's.
 */
static void __attribute__((constructor(202))) malloc_before_threads(void)
{
	malloc_ready();
}

static void *alloc_any(size_t size, gfp_t gfp)
{
	void *p = NULL;

	gfp |= GFP_KERNEL | __GFP_NOWARN;
	if (size <= ZMEM_MEDIUM_MAX)
		p = zmem_cache_alloc_miss(malloc_cache(size), gfp);
	else if (size <= ZMEM_ALLOC_MAX)
		p = run_alloc(size, gfp);
	return p ? p : huge_alloc(PAGE_SIZE, size, gfp);
}

/* Frees what signal handlers could not. */
static void free_nested(void)
{
	struct llist_node *pos, *next;

	llist_for_each_safe(pos, next, nested_take_freed())
		free_fast(pos);
}

/* Any size, zeroed if @gfp says so.  Leaves errno alone unless it fails. */
noinline void *malloc_slow(size_t size, gfp_t gfp)
{
	int err = errno;
	void *p = NULL;

	if (size > ZMEM_MEDIUM_MAX && size <= RUN_MAX && malloc_run_cache(size) &&
	    likely(zmem_magazine_pop(malloc_run_cache(size), &p)))
		return gfp ? memset(p, 0, size) : p;
	if (unlikely(nested())) {
		p = nested_alloc(size);
	} else if (malloc_ready()) {
		free_nested();
		malloc_tick();
		p = alloc_any(size, gfp);
	}
	errno = p ? err : ENOMEM;
	return p;
}

static void free_ours(struct zmem_cache *cache, void *p)
{
	if (zmem_common(cache)->flags & ZMEM_LARGE)
		run_free(cache, p);
	else
		zmem_cache_free_slow(cache, p);
}

/* @cache is that of the block's page, or NULL if it has none.  Keeps errno. */
noinline void free_slow(struct zmem_cache *cache, void *p)
{
	int err = errno;

	if (!p)
		return;
	if (unlikely(nested())) {
		nested_free(p);
	} else {
		if (cache)
			free_ours(cache, p);
		else if (!huge_free(p) && !nested_put(p) && malloc_ready())
			zmem_report(zmem_large, ZMEM_FOREIGN_POINTER, p);
		malloc_tick();
	}
	errno = err;
}

/*
 * @align is a power of two.  A class, or a run, is aligned to whatever power
 * of two divides the size that was asked for; beyond that a mapping is made
 * to measure.
 */
void *malloc_aligned(size_t align, size_t size)
{
	size_t padded = ALIGN(max_t(size_t, size, 1), align);
	void *p = NULL;

	if (align <= MALLOC_ALIGN)
		padded = size;
	if (padded >= size && malloc_fast(padded, &p))
		return p;
	if (padded >= size && padded <= ZMEM_ALLOC_MAX)
		return malloc_slow(padded, 0);
	if (padded >= size && malloc_ready())
		p = huge_alloc(align, size, 0);
	if (!p)
		errno = ENOMEM;
	return p;
}

/* 0 for what is not ours. */
size_t malloc_usable(const void *p)
{
	size_t size;

	if (malloc_cache_of(p))
		return zmem_usable_size(p);
	size = huge_usable(p);
	return size ? size : nested_usable(p);
}
