/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Included before all else: what of the core libzmem.so exports as it is.  The
 * library is built with hidden symbols; the first declaration decides.
 */
#ifndef _ZMEM_LIB_PUBLIC_H
#define _ZMEM_LIB_PUBLIC_H

/* None of libc's headers that look for feature macros: those come later. */
#include <stddef.h>

typedef unsigned int gfp_t;
struct zmem_cache;

#pragma GCC visibility push(default)
void zmem_cache_destroy(struct zmem_cache *cache);
unsigned int zmem_cache_size(struct zmem_cache *cache);
int zmem_cache_shrink(struct zmem_cache *cache);
void *zmem_cache_alloc(struct zmem_cache *cache, gfp_t gfp);
void *zmem_cache_alloc_node(struct zmem_cache *cache, gfp_t gfp, int node);
void zmem_cache_free(struct zmem_cache *cache, void *object);
int zmem_cache_alloc_bulk(struct zmem_cache *cache, gfp_t gfp, size_t nr, void **objects);
void zmem_cache_free_bulk(struct zmem_cache *cache, size_t nr, void **objects);
void *zmem_alloc_node(size_t size, gfp_t gfp, int node);
void *zmem_realloc(void *p, size_t size, gfp_t gfp);
void zmem_free(const void *p);
size_t zmem_usable_size(const void *p);
#pragma GCC visibility pop

#endif /* _ZMEM_LIB_PUBLIC_H */
