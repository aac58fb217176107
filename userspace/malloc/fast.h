/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What most calls of malloc() and free() run, inline in each entry point: the
 * cache of a size from one table, that of a pointer from its page, then the
 * core's fast path.
 *
 * Before the library is set up all of the table is a share without objects,
 * and shim_base is such that no pointer is ours.  Early calls, from the dynamic
 * loader and other libraries' constructors, thus take the slow path, which
 * sets the library up.
 *
 * Only classes that are multiples of 16 bytes are used, for the alignment.
 */
#ifndef _ZMEM_MALLOC_FAST_H
#define _ZMEM_MALLOC_FAST_H

#include <linux/mm.h>

#include "core/magazine.h"
#include "malloc_internal.h"

/* The cache of a size, by sixteens rounded up; malloc(0) is as malloc(1). */
extern struct zmem_cache *malloc_table[ZMEM_MEDIUM_MAX / MALLOC_ALIGN + 1] __hidden;

static __always_inline struct zmem_cache *malloc_cache(size_t size)
{
	return malloc_table[(size + MALLOC_ALIGN - 1) / MALLOC_ALIGN];
}

/* Likewise, of runs, by pages. */
extern struct zmem_cache *malloc_run_table[RUN_MAX / PAGE_SIZE + 1] __hidden;

static __always_inline struct zmem_cache *malloc_run_cache(size_t size)
{
	return malloc_run_table[(size + PAGE_SIZE - 1) / PAGE_SIZE];
}

/* Whether the fast path had a block. */
static __always_inline bool malloc_fast(size_t size, void **p)
{
	return likely(size <= ZMEM_MEDIUM_MAX) &&
	       likely(zmem_magazine_pop(malloc_cache(size), p));
}

/* The cache of a block, or NULL if @p is on no page of ours: huge, or nobody's. */
static __always_inline struct zmem_cache *malloc_cache_of(const void *p)
{
	unsigned long pfn = ((unsigned long)p - shim_base) >> PAGE_SHIFT;

	if (unlikely(pfn >= SHIM_PAGES))
		return NULL;
	return (struct zmem_cache *)READ_ONCE(*shim_private(pfn));
}

static __always_inline void free_fast(void *p)
{
	struct zmem_cache *cache = malloc_cache_of(p);

	if (unlikely(!cache) || unlikely(!zmem_magazine_push(cache, p, NULL, false)))
		free_slow(cache, p);
}

#endif /* _ZMEM_MALLOC_FAST_H */
