// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Large allocations: runs of whole pages, straight from the pool.
 *
 * A run is as long as its request in pages: what the page allocator gave
 * beyond, for the sake of its power of two, goes back at once, so that a run
 * wastes less than a page.  Requests that no magazine may serve, for a DMA
 * zone or charged to a cgroup, become runs too, whatever their size.
 */
#include <linux/kernel.h>
#include <linux/kmemleak.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <compat/poison.h>

#include "internal.h"
#include "core/large.h"
#include "core/pool.h"
#include "core/report.h"

static unsigned long large_pages(size_t size)
{
	return DIV_ROUND_UP(size, PAGE_SIZE);
}

/* Gives back the pages behind the first @pages of a run. */
static void large_cut(struct page *page, unsigned int order, unsigned long pages)
{
	zmem_pages_cut(page, order, pages);
	zmem_pool_forget(page_to_nid(page), (1UL << order) - pages);
}

/**
 * zmem_large_alloc() - allocate a run of pages
 * @large: the cache that counts them
 * @size: bytes, 1 to ZMEM_ALLOC_MAX
 * @gfp: ZMEM_GFP_PAGES, ZMEM_GFP_BYPASS; memory from the page allocator is
 *	zeroed with __GFP_ZERO, and so is a cached run
 * @node: preferred, or NUMA_NO_NODE
 *
 * Context: as @gfp says.
 * Return: the memory, aligned to its size's largest power of two at least, or
 * NULL.
 */
void *zmem_large_alloc(struct zmem_common *large, size_t size, gfp_t gfp, int node)
{
	unsigned int order = get_order(size), how;
	unsigned long pages = large_pages(size);
	struct page *page;
	void *p;

	page = zmem_pool_alloc(gfp, node, order, &how);
	if (!page) {
		zmem_count(large, failures, 1);
		return NULL;
	}
	p = page_address(page);
	if (pages != 1UL << order)
		large_cut(page, order, pages);
	if (!(how & ZMEM_RUN_FRESH) && want_init_on_alloc(gfp))
		memset(p, 0, pages * PAGE_SIZE);
	zmem_page_bind(page, large->cache, NULL, size,
		       how & ZMEM_RUN_BYPASS ? ZMEM_PAGE_BYPASS : ZMEM_PAGE_LARGE);
	kmemleak_alloc(p, size, 1, gfp & ~__GFP_NOFAIL);
	atomic_long_add(pages, &large->large_pages);
	atomic_long_add(size, &large->large_bytes);
	if (how & ZMEM_RUN_FRESH)
		atomic_long_inc(&large->large_fresh);
	zmem_count(large, slow_allocs, 1);
	return p;
}

/* Runs that were cut go back past the pool. */
static void large_give_back(struct page *page, unsigned long pages, u32 home)
{
	int node = page_to_nid(page);

	if (is_power_of_2(pages)) {
		zmem_pool_free(page, ilog2(pages),
			       home == ZMEM_PAGE_BYPASS ? ZMEM_RUN_BYPASS : 0);
		return;
	}
	zmem_pages_free(page, pages);
	zmem_pool_forget(node, pages);
}

/**
 * zmem_large_free() - free a run of pages
 * @large: the cache that counts them
 * @p: what zmem_large_alloc() returned
 *
 * Context: any but NMI.
 */
void zmem_large_free(struct zmem_common *large, void *p)
{
	struct page *page = virt_to_page(p);
	size_t size = zmem_page_bytes(page);
	u32 home = zmem_page_home(page);

	if (!IS_ALIGNED((unsigned long)p, PAGE_SIZE)) {
		zmem_report(large, ZMEM_INTERIOR_POINTER, p);
		return;
	}
	kmemleak_free(p);
	zmem_page_unbind(page);
	if (want_init_on_free()) {
		zmem_unpoison(p, size);
		memset(p, 0, size);
	}
	large_give_back(page, large_pages(size), home);
	atomic_long_sub(large_pages(size), &large->large_pages);
	atomic_long_sub(size, &large->large_bytes);
	zmem_count(large, slow_frees, 1);
}

/* Bytes from a run's start that its owner may use. */
size_t zmem_large_usable(const struct page *page)
{
	return large_pages(zmem_page_bytes(page)) * PAGE_SIZE;
}
