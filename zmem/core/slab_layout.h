/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A slab's descriptor, for slab.c and the checks of debug caches. */
#ifndef _ZMEM_CORE_SLAB_LAYOUT_H
#define _ZMEM_CORE_SLAB_LAYOUT_H

#include <linux/bitops.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

#include "internal.h"
#include "core/report.h"

/**
 * struct zmem_slab - a run of pages cut into objects
 * @list: in one of the node's lists
 * @rcu: of a slab on its way to the pool, past readers
 * @cache: whose
 * @base: the first object; behind it at multiples of cache->size the others
 * @nr: objects
 * @free: of them
 * @touched: objects from here on were never in use
 * @order: of the run
 * @how: what the pool said of the run
 * @node: the run's
 * @map: a bit an object, set while it is free; of a cache with random order
 *	as many again, set once an object was in use; of a debug cache then a
 *	struct zmem_record an object
 *
 * @list, @free, @touched and all from @map on belong to the node's lock.
 */
struct zmem_slab {
	union {
		struct list_head list;
		struct rcu_head rcu;
	};
	struct zmem_common *cache;
	char *base;
	u16 nr;
	u16 free;
	u16 touched;
	u8 order;
	u8 how;
	u32 node;
	unsigned long map[];
};

static inline size_t zmem_slab_run_bytes(unsigned int order)
{
	return PAGE_SIZE << order;
}

static inline void *zmem_slab_run(const struct zmem_slab *slab)
{
	return (void *)((unsigned long)slab->base & ~(zmem_slab_run_bytes(slab->order) - 1));
}

static inline void *zmem_slab_nth(const struct zmem_slab *slab, unsigned int index)
{
	return slab->base + (size_t)index * slab->cache->size;
}

/* The objects of a cache with random order that were in use before. */
static inline unsigned long *zmem_slab_used(struct zmem_slab *slab)
{
	return slab->map + BITS_TO_LONGS(slab->nr);
}

static inline struct zmem_slabs *zmem_slab_node(const struct zmem_slab *slab)
{
	return &slab->cache->node[slab->node]->slabs;
}

/* Whether objects leave their slabs in no order. */
static inline bool zmem_slab_is_random(const struct zmem_common *c)
{
	return c->debug_flags & ZMEM_DEBUG_RANDOM;
}

size_t zmem_slab_desc_bytes(const struct zmem_common *cache, unsigned int nr);
size_t zmem_slab_colour(const struct zmem_common *cache, unsigned int order,
			unsigned int turn);

struct list_head *zmem_slab_home(struct zmem_slabs *slabs, const struct zmem_slab *slab);
struct zmem_slab *zmem_slab_of(const struct zmem_common *cache, const void *object,
			       unsigned int *index, enum zmem_misuse *kind);
void zmem_slabs_for_each(struct zmem_slabs *slabs,
			 void (*fn)(struct zmem_slab *slab, struct list_head *list, void *arg),
			 void *arg);

#endif /* _ZMEM_CORE_SLAB_LAYOUT_H */
