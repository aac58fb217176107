/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A process has no tracepoints. */
#ifndef _SHIM_COMPAT_TRACE_H
#define _SHIM_COMPAT_TRACE_H

#include <linux/types.h>

static inline void trace_zmem_alloc(unsigned long call_site, const void *ptr,
				    const char *cache, size_t req, size_t alloc,
				    gfp_t gfp, int node)
{
}

#define trace_zmem_alloc_enabled()					false
#define trace_zmem_free_enabled()					false
#define trace_zmem_free(call_site, ptr, cache)				do { } while (0)
#define trace_zmem_remote_free(ptr, cache, home, node)			do { } while (0)
#define trace_zmem_refill(cache, node, objects)				do { } while (0)
#define trace_zmem_flush(cache, node, objects)				do { } while (0)
#define trace_zmem_depot_grow(cache, node, full, empty)			do { } while (0)
#define trace_zmem_depot_trim(cache, node, full, empty)			do { } while (0)
#define trace_zmem_resize(cache, before, after)				do { } while (0)
#define trace_zmem_slab_create(cache, node, order, objects)		do { } while (0)
#define trace_zmem_slab_free(cache, node, order, objects)		do { } while (0)
#define trace_zmem_shrink(wanted, given)				do { } while (0)

#endif /* _SHIM_COMPAT_TRACE_H */
