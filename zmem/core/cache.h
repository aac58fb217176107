/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Object caches: their lives, and the list of them. */
#ifndef _ZMEM_CORE_CACHE_H
#define _ZMEM_CORE_CACHE_H

#include "internal.h"
#include "core/pool.h"

/* The five settings; module parameters, and defaults of every cache. */
struct zmem_settings {
	enum zmem_mode mode;
	unsigned int magazine_max;
	unsigned int depot_max_kib;
	unsigned int tune_interval_ms;
	unsigned int debug_flags;	/* of debug caches that name none; 0: all */
};

extern struct zmem_settings zmem_defaults;
extern struct mutex zmem_caches_lock;
extern struct list_head zmem_caches;

/* gfp flags that the fast path does not serve. */
#define ZMEM_GFP_SPECIAL	(ZMEM_GFP_BYPASS | __GFP_ZERO | __GFP_HIGHMEM)

struct zmem_common *zmem_cache_make(const char *name, unsigned int size,
				    const struct zmem_cache_args *args,
				    unsigned int internal_flags);
void *zmem_cache_alloc_wiped(struct zmem_cache *cache, gfp_t gfp);
void *zmem_cache_alloc_miss(struct zmem_cache *cache, gfp_t gfp);
void *zmem_cache_alloc_slow(struct zmem_cache *cache, gfp_t gfp, int node, size_t size);
void *zmem_cache_alloc_unseen(struct zmem_common *cache, gfp_t gfp, int node, size_t size);

/* The same of a class, told the size: first, where the caller has it anyway. */
void *zmem_sized_alloc_wiped(size_t size, gfp_t gfp, struct zmem_cache *cache);
void *zmem_sized_alloc_miss(size_t size, gfp_t gfp, struct zmem_cache *cache);
void *zmem_cache_give(struct zmem_common *cache, void *object, gfp_t gfp);
bool zmem_cache_take_bulk(struct zmem_common *cache, gfp_t gfp, size_t nr,
			  void **objects);
void zmem_cache_put_bulk(struct zmem_common *cache, size_t nr, void **objects);
void zmem_cache_free_slow(struct zmem_cache *cache, void *object);
void zmem_cache_free_unseen(struct zmem_common *cache, void *object);
void zmem_cache_free_bulk_unseen(struct zmem_common *cache, size_t nr, void **objects);

void zmem_cache_drain(struct zmem_common *c);
void zmem_caches_for_each(int (*fn)(struct zmem_common *cache, void *arg), void *arg);
void zmem_caches_drain_this_cpu(void *unused);
void zmem_caches_cpu_dead(unsigned int cpu);
unsigned long zmem_caches_count(void);
unsigned long zmem_caches_reclaim(unsigned long pages);

#endif /* _ZMEM_CORE_CACHE_H */
