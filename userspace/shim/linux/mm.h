/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_MM_H
#define _SHIM_LINUX_MM_H

#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/cache.h>
#include <linux/list.h>
#include <linux/numa.h>
#include <linux/overflow.h>
#include <linux/gfp_bits.h>

#define PAGE_SHIFT	12
#undef PAGE_SIZE
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x)	ALIGN(x, PAGE_SIZE)
#define PAGE_ALIGNED(x)	IS_ALIGNED((unsigned long)(x), PAGE_SIZE)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)
#define MAX_PAGE_ORDER	10
#define MAX_ORDER	MAX_PAGE_ORDER
#define NR_PAGE_ORDERS	(MAX_PAGE_ORDER + 1)
#define MAX_ORDER_NR_PAGES (1UL << MAX_PAGE_ORDER)
#define PAGE_ALLOC_COSTLY_ORDER	3

/**
 * struct page - a page; the fields that a page's owner may use, and a count
 * @lru: the owner's; must be NULL when the page goes back, as must
 * @index: be 0, and page_private() too
 * @flags: the page allocator's
 * @order: of a free block, likewise
 * @_refcount: 1 on the first page of a run, 0 on the others
 */
struct page {
	struct list_head lru;
	union {
		unsigned long index;
		u32 index_half[2];
	};
	u16 flags;
	u16 order;
	atomic_t _refcount;
};

/*
 * All memory is one reserved region: the pages' private words, the nodes'
 * memory, a node's after the other's, then the page structures of all of it.
 * Until it exists shim_base is such that no address lies in it.
 *
 * The private words stand apart because a free() that finds its cache there
 * reads nothing else of its page: eight pages share a cache line.
 */
#ifndef SHIM_NODE_SHIFT
#define SHIM_NODE_SHIFT	36
#endif
#define SHIM_MEMORY	((unsigned long)MAX_NUMNODES << SHIM_NODE_SHIFT)
#define SHIM_NODE_PAGES	(1UL << (SHIM_NODE_SHIFT - PAGE_SHIFT))
#define SHIM_PAGES	(SHIM_MEMORY >> PAGE_SHIFT)

extern unsigned long shim_base __hidden;
extern struct page shim_foreign_page __hidden;	/* of every address that is not ours */

extern struct page *mem_map __hidden;

static __always_inline bool virt_addr_valid(const void *p)
{
	return likely((unsigned long)p - shim_base < SHIM_MEMORY);
}

static __always_inline struct page *virt_to_page(const void *p)
{
	unsigned long off = (unsigned long)p - shim_base;

	return likely(off < SHIM_MEMORY) ? mem_map + (off >> PAGE_SHIFT)
					 : &shim_foreign_page;
}

static __always_inline unsigned long page_to_pfn(const struct page *page)
{
	return page - mem_map;
}

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return mem_map + pfn;
}

static __always_inline void *page_address(const struct page *page)
{
	return (void *)(shim_base + (page_to_pfn(page) << PAGE_SHIFT));
}
#define page_to_virt(page)	page_address(page)

/* A node's memory lies together: no field is read. */
static __always_inline int page_to_nid(const struct page *page)
{
	return page_to_pfn(page) / SHIM_NODE_PAGES % MAX_NUMNODES;
}

static __always_inline unsigned long *shim_private(unsigned long pfn)
{
	return (unsigned long *)shim_base - SHIM_PAGES + pfn;
}

#define page_private(page)		READ_ONCE(*shim_private(page_to_pfn(page)))
#define set_page_private(page, v)	WRITE_ONCE(*shim_private(page_to_pfn(page)), v)
#define page_ref_count(page)		atomic_read(&(page)->_refcount)
#define page_count(page)		page_ref_count(page)
#define set_page_count(page, n)		atomic_set(&(page)->_refcount, n)
#define page_ref_inc(page)		atomic_inc(&(page)->_refcount)
#define get_page(page)			atomic_inc(&(page)->_refcount)
#define page_is_pfmemalloc(page)	((void)(page), false)
#define compound_head(page)		(page)
#define PageCompound(page)		((void)(page), 0)
#define PageSlab(page)			((void)(page), 0)
#define PageReserved(page)		((void)(page), 0)
#define is_vmalloc_addr(p)		((void)(p), false)

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);
#define __alloc_pages_node(nid, gfp, order)	alloc_pages_node(nid, gfp, order)
#define alloc_pages(gfp, order)		alloc_pages_node(NUMA_NO_NODE, gfp, order)
#define alloc_page(gfp)			alloc_pages(gfp, 0)
void __free_pages(struct page *page, unsigned int order);
#define __free_page(page)		__free_pages(page, 0)
#define put_page(page)			__free_pages(page, 0)
/* Of a run of 2^@order pages the first @pages stay, and go back as one. */
void shim_pages_cut(struct page *page, unsigned int order, unsigned long pages);
void shim_pages_free(struct page *page, unsigned long pages);
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
void free_pages(unsigned long addr, unsigned int order);
#define __get_free_page(gfp)		__get_free_pages(gfp, 0)
#define free_page(addr)			free_pages(addr, 0)
#define clear_page(p)			memset(p, 0, PAGE_SIZE)
#define clear_highpage(page)		clear_page(page_address(page))

unsigned long totalram_pages(void);
unsigned long si_mem_available(void);

static inline int get_order(unsigned long size)
{
	return size <= PAGE_SIZE ? 0 : fls64((size - 1) >> PAGE_SHIFT);
}

/* As the boot parameters init_on_alloc= and init_on_free=. */
extern bool shim_init_on_alloc __hidden, shim_init_on_free __hidden;

static inline bool want_init_on_alloc(gfp_t gfp)
{
	return READ_ONCE(shim_init_on_alloc) || (gfp & __GFP_ZERO);
}

static inline bool want_init_on_free(void)
{
	return READ_ONCE(shim_init_on_free);
}

#include <linux/slab.h>
#include <linux/sched.h>

#endif /* _SHIM_LINUX_MM_H */
