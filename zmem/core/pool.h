/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Pools: runs of 2^order pages, by node.
 *
 * Another kind of pool plugs in here: no caller knows where runs come from.
 */
#ifndef _ZMEM_CORE_POOL_H
#define _ZMEM_CORE_POOL_H

#include <linux/gfp.h>
#include <linux/types.h>

struct page;

/* What callers' gfp flags may say to the page allocator. */
#define ZMEM_GFP_PAGES	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | \
			 __GFP_NOWARN | __GFP_RETRY_MAYFAIL | __GFP_NOFAIL | \
			 __GFP_NORETRY | __GFP_MEMALLOC | __GFP_NOMEMALLOC | \
			 __GFP_HARDWALL | __GFP_THISNODE | __GFP_WRITE)

/* What keeps a run out of every magazine and free-run cache. */
#define ZMEM_GFP_BYPASS	(__GFP_DMA | __GFP_DMA32 | __GFP_ACCOUNT)

/*
 * What they say of zmem's own records, which come from the kernel's allocator
 * and are of no certain node: it would mix them with other people's objects on
 * a page of the node, and none of these gives way when the node is drained.
 */
#define ZMEM_GFP_RECORDS (ZMEM_GFP_PAGES & ~__GFP_THISNODE)

/* What zmem_pool_alloc() says of a run. */
#define ZMEM_RUN_FRESH	1u	/* from the page allocator just now */
#define ZMEM_RUN_BYPASS	2u	/* to go back there, not into a cache */

/* Pages that wait on a node at most; changed before there are any. */
extern unsigned int zmem_pool_max_pages;

int zmem_pools_init(void);
void zmem_pools_exit(void);

struct page *zmem_pool_alloc(gfp_t gfp, int node, unsigned int order,
			     unsigned int *how);
void zmem_pool_free(struct page *page, unsigned int order, unsigned int how);
unsigned long zmem_pools_cached(void);
unsigned long zmem_pools_trim(unsigned long pages);
long zmem_pools_pages(void);
void zmem_pools_leak(unsigned long pages);
void zmem_pool_forget(int node, unsigned long pages);
void zmem_pool_trim_node(int node);
long zmem_pool_pages(int node);

#endif /* _ZMEM_CORE_POOL_H */
