/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Between the files of libzmem_malloc. */
#ifndef _ZMEM_MALLOC_INTERNAL_H
#define _ZMEM_MALLOC_INTERNAL_H

#include <linux/gfp.h>
#include <linux/types.h>

/* All else is hidden: no call inside the library goes through its PLT. */
#define ZMEM_PUBLIC	__attribute__((visibility("default")))

/* What every pointer from malloc() is aligned to, as the psABI has it. */
#define MALLOC_ALIGN	16UL

struct llist_node;
struct zmem_cache;

/* Sets the library up; false if there is no memory even for that. */
bool malloc_ready(void);

/* What the fast paths of fast.h leave, malloc.c. */
void *malloc_slow(size_t size, gfp_t gfp);
void free_slow(struct zmem_cache *cache, void *p);
void *malloc_aligned(size_t align, size_t size);
size_t malloc_usable(const void *p);

/* Above the size classes, up to ZMEM_ALLOC_MAX; kept up to RUN_MAX; runs.c. */
#define RUN_MAX		(1UL << 20)
int run_init(void);
void *run_alloc(size_t size, gfp_t gfp);
void run_free(struct zmem_cache *cache, void *p);
size_t run_roomy(size_t size);
void run_trim(bool all);

/*
 * Mappings of their own, for what is too large for the region's page runs and
 * for what grows by realloc(); huge.c.  A pointer is known by a table, not by
 * what stands in front of it.
 */
#define HUGE_GROWN	(512UL << 10)	/* from here on growing blocks get room, */
#define HUGE_GROWN_MAX	(1UL << 30)	/* and from here on no more of it */
void *huge_map(size_t size);
void *huge_alloc(size_t align, size_t size, gfp_t gfp);
void *huge_alloc_roomy(size_t size);
bool huge_free(void *p);
size_t huge_usable(const void *p);
void *huge_realloc(void *p, size_t size);
void huge_trim(bool all);

/*
 * Calls of a signal handler that interrupted the allocator where it holds a
 * lock; nested.c.
 */
bool nested(void);
void *nested_alloc(size_t size);
void nested_free(void *p);
bool nested_put(void *p);
size_t nested_usable(const void *p);
struct llist_node *nested_take_freed(void);

/* Runs the tuner when it is due; from slow calls, nothing held. */
void malloc_tick(void);

#endif /* _ZMEM_MALLOC_INTERNAL_H */
