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

/* What the fast paths of fast.h leave, malloc.c. */
void *malloc_slow(size_t size, gfp_t gfp);
void free_slow(struct zmem_cache *cache, void *p);
void *malloc_aligned(size_t align, size_t size);
size_t malloc_usable(const void *p);

/*
 * Mappings of their own, for what is too large for the region's page runs;
 * huge.c.  A pointer is known by a table, not by what stands in front of it.
 */
void *huge_alloc(size_t align, size_t size);
bool huge_free(void *p);
size_t huge_usable(const void *p);
void *huge_realloc(void *p, size_t size);

/*
 * Calls of a signal handler that interrupted the allocator where it holds a
 * lock; nested.c.
 */
bool nested(void);
void *nested_alloc(size_t size);
void nested_free(void *p);
size_t nested_usable(const void *p);
struct llist_node *nested_take_freed(void);

/* Runs the tuner when it is due; from slow calls, nothing held. */
void malloc_tick(void);

#endif /* _ZMEM_MALLOC_INTERNAL_H */
