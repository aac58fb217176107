/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What zmem keeps in struct page; twin of zmem/compat/page.h, whose table of
 * fields holds here too.  Pages of the shim's own region can be ours.
 */
#ifndef _ZMEM_COMPAT_PAGE_H
#define _ZMEM_COMPAT_PAGE_H

#include <linux/mm.h>

struct zmem_cache;
struct zmem_slab;

#define ZMEM_PAGE_TAG		0x5a4d454du	/* "ZMEM" */
#define ZMEM_PAGE_LARGE		0xfffffffeu	/* no CPU's node */
#define ZMEM_PAGE_BYPASS	0xffffffffu	/* likewise; not for the free-run cache */

static __always_inline struct page *zmem_virt_to_page(const void *p)
{
	return virt_addr_valid(p) ? virt_to_page(p) : NULL;
}

/* The index's upper half, compared straight in memory. */
static __always_inline bool zmem_page_tagged(const struct page *page)
{
#if defined(__SANITIZE_THREAD__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	return READ_ONCE(page->index) >> 32 == ZMEM_PAGE_TAG;
#else
	return page->index_half[1] == ZMEM_PAGE_TAG;
#endif
}

static __always_inline u32 zmem_page_home(const struct page *page)
{
	return READ_ONCE(page->index);
}

static __always_inline struct zmem_cache *zmem_page_cache(const struct page *page)
{
	return (struct zmem_cache *)page_private(page);
}

static inline struct zmem_slab *zmem_page_slab(const struct page *page)
{
	return (struct zmem_slab *)page->lru.next;
}

static inline size_t zmem_page_bytes(const struct page *page)
{
	return (size_t)page->lru.prev;
}

static inline void zmem_page_bind(struct page *page, struct zmem_cache *cache,
				  struct zmem_slab *slab, size_t bytes, u32 home)
{
	set_page_private(page, (unsigned long)cache);
	page->lru.next = (struct list_head *)slab;
	page->lru.prev = (struct list_head *)bytes;
	WRITE_ONCE(page->index, (unsigned long)ZMEM_PAGE_TAG << 32 | home);
}

static inline void zmem_page_unbind(struct page *page)
{
	WRITE_ONCE(page->index, 0);
	set_page_private(page, 0);
	page->lru.next = NULL;
	page->lru.prev = NULL;
}

static inline void zmem_pages_cut(struct page *page, unsigned int order,
				  unsigned long pages)
{
	shim_pages_cut(page, order, pages);
}

static inline void zmem_pages_free(struct page *page, unsigned long pages)
{
	shim_pages_free(page, pages);
}

#endif /* _ZMEM_COMPAT_PAGE_H */
