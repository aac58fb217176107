/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Where the objects of an ioctl come from, and what they should hold. */
#ifndef _ZMEM_SOURCE_H
#define _ZMEM_SOURCE_H

#include <linux/numa.h>
#include <linux/string.h>
#include <uapi/linux/zmem.h>
#include <zmem/zmem.h>
#include "pattern.h"

#define ZMEM_SOURCE_FLAGS	0x7fu	/* ZMEM_IOC_GFP_* and ZMEM_IOC_FILL */

/**
 * struct zmem_source - how to allocate
 * @cache: from there, or NULL: by size
 * @gfp: with
 * @node: on, or NUMA_NO_NODE
 * @flags: ZMEM_IOC_GFP_*, ZMEM_IOC_FILL
 */
struct zmem_source {
	struct zmem_cache *cache;
	gfp_t gfp;
	int node;
	u32 flags;
};

int zmem_source_init(struct zmem_source *source, u32 flags, s32 node,
		     bool by_size);

static inline void *zmem_source_alloc(const struct zmem_source *source,
				      size_t size)
{
	if (source->node != NUMA_NO_NODE)
		return source->cache ?
			zmem_cache_alloc_node(source->cache, source->gfp,
					      source->node) :
			zmem_alloc_node(size, source->gfp, source->node);
	return source->cache ? zmem_cache_alloc(source->cache, source->gfp) :
			       zmem_alloc(size, source->gfp);
}

static inline void zmem_source_free(const struct zmem_source *source,
				    void *object)
{
	if (source->cache)
		zmem_cache_free(source->cache, object);
	else
		zmem_free(object);
}

static inline void zmem_source_fill(const struct zmem_source *source,
				    void *object, size_t size, u64 number)
{
	if (source->flags & ZMEM_IOC_FILL)
		zmem_pattern_fill(object, size, number);
}

/* Are the object's bytes what zmem_source_fill() left? */
static inline bool zmem_source_check(const struct zmem_source *source,
				     const void *object, size_t size, u64 number)
{
	if (source->flags & ZMEM_IOC_FILL)
		return zmem_pattern_check(object, size, number);
	return true;
}

/* Is a new object zero, if it should be? */
static inline bool zmem_source_zeroed(const struct zmem_source *source,
				      const void *object, size_t size)
{
	return !(source->flags & ZMEM_IOC_GFP_ZERO) ||
	       !memchr_inv(object, 0, size);
}

#endif /* _ZMEM_SOURCE_H */
