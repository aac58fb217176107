/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * One allocation and one free, as every front does them: the fast path, and
 * behind it what the call's flags and the machine's settings ask for.
 */
#ifndef _ZMEM_CORE_ALLOC_H
#define _ZMEM_CORE_ALLOC_H

#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <compat/poison.h>

#include "core/cache.h"
#include "core/magazine.h"

/*
 * Debug kernels are told that this call may sleep.  Others are spared the
 * chance to reschedule that might_alloc() offers on some.
 */
static __always_inline void zmem_might_alloc(gfp_t gfp)
{
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP) || IS_ENABLED(CONFIG_LOCKDEP))
		might_alloc(gfp);
}

/* Bytes of a freed object that nobody may look at. */
static inline size_t zmem_poison_bytes(const struct zmem_common *c)
{
	return c->flags & ZMEM_TYPESAFE_BY_RCU ? 0 : c->object_size;
}

/* @size: bytes requested of a size class, if @sized. */
static __always_inline void *zmem_do_alloc(struct zmem_cache *cache, gfp_t gfp,
					   bool sized, size_t size)
{
	void *object;

	if (unlikely(gfp & ZMEM_GFP_SPECIAL) || want_init_on_alloc(0))
		return sized ? zmem_sized_alloc_wiped(size, gfp, cache) :
			       zmem_cache_alloc_wiped(cache, gfp);
	zmem_might_alloc(gfp);
	if (unlikely(!zmem_magazine_pop(cache, &object)))
		return sized ? zmem_sized_alloc_miss(size, gfp, cache) :
			       zmem_cache_alloc_miss(cache, gfp);
	if (ZMEM_POISON)
		zmem_unpoison(object, zmem_common(cache)->object_size);
	return object;
}

/* @page is the object's, or NULL: it is found if need be. */
static __always_inline void zmem_do_free(struct zmem_cache *cache, void *object,
					 const struct page *page)
{
	if (ZMEM_POISON)
		zmem_poison(object, zmem_poison_bytes(zmem_common(cache)));
	if (unlikely(!zmem_magazine_push(cache, object, page, false)))
		zmem_cache_free_slow(cache, object);
}

#endif /* _ZMEM_CORE_ALLOC_H */
