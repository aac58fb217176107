/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Watching: magazines that are closed so that each call is seen. */
#ifndef _ZMEM_CORE_WATCH_H
#define _ZMEM_CORE_WATCH_H

#include <linux/jump_label.h>
#include <linux/types.h>
#include <compat/trace.h>

struct zmem_common;

/* On while somebody watches. */
DECLARE_STATIC_KEY_FALSE(zmem_watch_key);

static inline bool zmem_watched(void)
{
	return static_branch_unlikely(&zmem_watch_key);
}

int zmem_watch_begin(void);
void zmem_watch_end(void);

void __zmem_see_alloc(unsigned long caller, const struct zmem_common *cache,
		      const void *object, size_t size, gfp_t gfp, int node);
void __zmem_see_bulk_alloc(unsigned long caller, const struct zmem_common *cache,
			   void **objects, size_t nr, gfp_t gfp);
void __zmem_see_bulk_free(unsigned long caller, const struct zmem_common *cache,
			  void **objects, size_t nr);

/* An event for a call that got @object, or NULL; @size: 0 if all of it, or unknown. */
static __always_inline void zmem_see_alloc(unsigned long caller,
					   const struct zmem_common *cache,
					   const void *object, size_t size,
					   gfp_t gfp, int node)
{
	if (trace_zmem_alloc_enabled())
		__zmem_see_alloc(caller, cache, object, size, gfp, node);
}

/* An event for each object of a call. */
static __always_inline void zmem_see_bulk_alloc(unsigned long caller,
						const struct zmem_common *cache,
						void **objects, size_t nr, gfp_t gfp)
{
	if (trace_zmem_alloc_enabled())
		__zmem_see_bulk_alloc(caller, cache, objects, nr, gfp);
}

static __always_inline void zmem_see_bulk_free(unsigned long caller,
					       const struct zmem_common *cache,
					       void **objects, size_t nr)
{
	if (trace_zmem_free_enabled())
		__zmem_see_bulk_free(caller, cache, objects, nr);
}

#endif /* _ZMEM_CORE_WATCH_H */
