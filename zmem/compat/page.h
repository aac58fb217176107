/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What zmem keeps in struct page, and the only code that touches it.
 *
 *	field		slab run, on every page		large run, first page only
 *	index, high half	ZMEM_PAGE_TAG		ZMEM_PAGE_TAG
 *	index, low half	the page's node			ZMEM_PAGE_LARGE or _BYPASS
 *	private		the cache			the large-run cache
 *	lru.next	the slab			NULL
 *	lru.prev	-				bytes requested
 *	mapping		stays NULL			stays NULL
 *
 * The tag stands in bits that make no canonical address and no file offset,
 * so that no other owner's index, and no freelist pointer of SLUB's that
 * shares the word, reads as ours.  lru.next shares its word with
 * compound_head: bit 0 must be clear, which a pointer's is.  Runs are not
 * compound: a run may then be cut to whole pages, and finding a page's cache
 * takes no compound_head() step.  All is cleared before pages go back.
 *
 * From 6.1 to 7.3 these words lie where they did, and the page allocator asks
 * the same of a page that comes back: no mapping, no mapcount, no charge, no
 * page pool's signature in lru.next.  What did change around them:
 *
 *	6.16	index is called __folio_index
 *	6.18	flags is a memdesc_flags_t, which only accessors read
 *	7.x	page types (slab, table, large kmalloc, ...) stand in _mapcount's
 *		word; zmem sets none, and to the rest of the kernel its pages
 *		are plain ones.  A free page's private and lru.next may hold the
 *		page allocator's order and link: they are ours from alloc to
 *		free only
 *
 * SLUB's freelist shares index's word in all of them, its counters private's.
 * Once struct page gives way to separately allocated descriptors the fields
 * go, and this header no longer compiles: zmem then needs a descriptor of its
 * own there.
 */
#ifndef _ZMEM_COMPAT_PAGE_H
#define _ZMEM_COMPAT_PAGE_H

#include <linux/mm.h>
#include <linux/mm_types.h>

struct zmem_cache;
struct zmem_slab;

#ifdef ZMEM_HAVE_FOLIO_INDEX
#define zmem_page_word(page)	((page)->__folio_index)
#else
#define zmem_page_word(page)	((page)->index)
#endif

#define ZMEM_PAGE_TAG		0x5a4d454du	/* "ZMEM" */
#define ZMEM_PAGE_LARGE		0xfffffffeu	/* no CPU's node */
#define ZMEM_PAGE_BYPASS	0xffffffffu	/* likewise; not for the free-run cache */

/* Bytes of the direct map, x86: they end below vmalloc space. */
extern unsigned long zmem_direct_map_bytes;

void zmem_page_init(void);

/*
 * The page of an address, if it can be one of ours: objects live in the
 * direct map.  Pointers into vmalloc space, modules, the kernel's image or
 * user space give NULL.
 */
static __always_inline struct page *zmem_virt_to_page(const void *p)
{
#ifdef CONFIG_X86_64
	/* The direct map only: two instructions less than __pa(). */
	unsigned long offset = (unsigned long)p - PAGE_OFFSET;
	struct page *page;

	if (unlikely(offset >= zmem_direct_map_bytes))
		return NULL;
	page = pfn_to_page(offset >> PAGE_SHIFT);
	/* Callers' tests for NULL then cost nothing more. */
	if (!page)
		__builtin_unreachable();
	return page;
#else
	if (unlikely(!virt_addr_valid(p)))
		return NULL;
	return virt_to_page(p);
#endif
}

static __always_inline bool zmem_page_tagged(const struct page *page)
{
	return zmem_page_word(page) >> 32 == ZMEM_PAGE_TAG;
}

static __always_inline u32 zmem_page_home(const struct page *page)
{
	return zmem_page_word(page);
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
	zmem_page_word(page) = (unsigned long)ZMEM_PAGE_TAG << 32 | home;
}

static inline void zmem_page_unbind(struct page *page)
{
	zmem_page_word(page) = 0;
	set_page_private(page, 0);
	page->lru.next = NULL;
	page->lru.prev = NULL;
}

/* Gives the pages of a cut run back; modules cannot but do so one by one. */
static inline void zmem_pages_free(struct page *page, unsigned long pages)
{
	unsigned long i;

	for (i = 0; i < pages; i++)
		__free_page(page + i);
}

/* Cuts a run of 2^@order pages: the first @pages stay. */
static inline void zmem_pages_cut(struct page *page, unsigned int order,
				  unsigned long pages)
{
	split_page(page, order);
	zmem_pages_free(page + pages, (1UL << order) - pages);
}

#endif /* _ZMEM_COMPAT_PAGE_H */
