// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Pages: a buddy allocator for each node over one reserved region.
 *
 * A free block is described by its first page's structure alone: its order,
 * list in lru, PG_BUDDY.  Free pages themselves are never written.
 * PG_ZERO says that the whole block reads as zero: it is fresh, or its memory
 * went back to the system.  That happens to blocks of SHIM_RELEASE_ORDER and up
 * once more than SHIM_RELEASE_PAGES of them wait, and when shim_pages_trim()
 * finds that nobody wanted them.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/cache.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <shim/poison.h>
#include <shim/shim.h>
#include "shim_internal.h"

#define PG_BUDDY		1u
#define PG_ZERO			2u
#define SHIM_RELEASE_ORDER	4
#define SHIM_RELEASE_PAGES	(64UL << 20 >> PAGE_SHIFT)

/* How much more of the region becomes writable at a time. */
#define SHIM_COMMIT_PAGES	(64UL << 20 >> PAGE_SHIFT)

#define MPOL_PREFERRED		1
#define MPOL_F_MEMS_ALLOWED	4
#define SHIM_SYSTEM_NODES	1024	/* no kernel has more */

/**
 * struct shim_node - a node's memory
 * @lock: all fields
 * @free: free blocks by order
 * @fresh: the first pfn that was never in a free block
 * @committed: the first pfn that is not writable yet
 * @end: behind the node's last pfn
 * @used: pages handed out
 * @limit: of @used, for tests
 * @waiting: pages in free blocks of SHIM_RELEASE_ORDER and up that hold memory
 * @idle: the fewest of them since shim_pages_trim() looked: not worked with
 */
struct shim_node {
	spinlock_t lock;
	struct list_head free[NR_PAGE_ORDERS];
	unsigned long fresh;
	unsigned long committed;
	unsigned long end;
	unsigned long used;
	unsigned long limit;
	unsigned long waiting;
	unsigned long idle;
} ____cacheline_aligned;

unsigned long shim_base = -SHIM_MEMORY;
struct page *mem_map;
struct page shim_foreign_page;
unsigned int shim_nr_nodes = 1;
nodemask_t shim_node_mask;
bool shim_init_on_alloc, shim_init_on_free;

static bool shim_fake_nodes;
static struct shim_node shim_nodes[MAX_NUMNODES];

int shim_fixed_node(unsigned int cpu)
{
	return shim_fake_nodes && cpu ? (cpu - 1) % shim_nr_nodes : 0;
}

int shim_slot_node(unsigned int cpu)
{
	unsigned int node;

	if (shim_fake_nodes || shim_nr_nodes == 1)
		return shim_fixed_node(cpu);
	return getcpu(NULL, &node) || node >= shim_nr_nodes ? 0 : node;
}

int node_distance(int a, int b)
{
	return a == b ? LOCAL_DISTANCE : REMOTE_DISTANCE;
}

void *shim_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* The highest node that the process may have memory of, plus one. */
static unsigned int shim_real_nodes(void)
{
	unsigned long mask[BITS_TO_LONGS(SHIM_SYSTEM_NODES)] = { 0 };

	if (syscall(SYS_get_mempolicy, NULL, mask, SHIM_SYSTEM_NODES, NULL,
		    MPOL_F_MEMS_ALLOWED))
		return 1;
	return find_last_bit(mask, SHIM_SYSTEM_NODES) + 1;
}

void shim_pages_boot(void)
{
	unsigned long map_bytes = SHIM_PAGES * sizeof(struct page);
	unsigned long private_bytes = SHIM_PAGES * sizeof(unsigned long);
	unsigned long unit_bytes = (unsigned long)NR_CPUS << SHIM_UNIT_SHIFT;
	unsigned long align = PAGE_SIZE << MAX_PAGE_ORDER;
	const char *fake = getenv("ZMEM_FAKE_NODES");
	unsigned long base, size, i;
	void *p;
	int o;

	shim_nr_nodes = fake ? strtoul(fake, NULL, 10) : shim_real_nodes();
	shim_nr_nodes = clamp(shim_nr_nodes, 1u, (unsigned int)MAX_NUMNODES);
	shim_fake_nodes = fake != NULL;

	size = private_bytes + SHIM_MEMORY + map_bytes + unit_bytes;
	p = mmap(NULL, size + align, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		shim_bug(__FILE__, __LINE__, "cannot reserve %lu MiB of addresses\n",
			 size >> 20);
	base = ALIGN((unsigned long)p + private_bytes, align);
	/* A look at any page's structure must be harmless. */
	if (mprotect((void *)(base - private_bytes), private_bytes, PROT_READ) ||
	    mprotect((void *)(base + SHIM_MEMORY), map_bytes, PROT_READ) ||
	    mprotect((void *)(base + SHIM_MEMORY + map_bytes), unit_bytes,
		     PROT_READ | PROT_WRITE))
		shim_bug(__FILE__, __LINE__, "cannot map page structures\n");
	/* A huge page for each unit that is touched would be a waste. */
	madvise((void *)(base + SHIM_MEMORY), map_bytes + unit_bytes, MADV_NOHUGEPAGE);
	madvise((void *)(base - private_bytes), private_bytes, MADV_NOHUGEPAGE);
	shim_percpu_boot(base + SHIM_MEMORY + map_bytes);

	for (i = 0; i < shim_nr_nodes; i++) {
		struct shim_node *node = &shim_nodes[i];
		unsigned long mask = 1UL << i;

		node_set(i, shim_node_mask);
		for (o = 0; o < NR_PAGE_ORDERS; o++)
			INIT_LIST_HEAD(&node->free[o]);
		node->fresh = i * SHIM_NODE_PAGES;
		node->committed = node->fresh;
		node->end = node->fresh + SHIM_NODE_PAGES;
		if (!shim_fake_nodes && shim_nr_nodes > 1)
			syscall(SYS_mbind, base + (i << SHIM_NODE_SHIFT),
				1UL << SHIM_NODE_SHIFT, MPOL_PREFERRED, &mask,
				8 * sizeof(mask), 0);
	}
	mem_map = (struct page *)(base + SHIM_MEMORY);
	smp_store_release(&shim_base, base);
}

void shim_boot(void)
{
	static struct shim_lock lock;
	static bool done;

	if (likely(smp_load_acquire(&done)))
		return;
	shim_lock_acquire(&lock);
	if (!done) {
		shim_pages_boot();
		shim_hotplug_boot();
		shim_slots_boot();
		smp_store_release(&done, true);
	}
	shim_lock_release(&lock);
}

void shim_limit_node(int nid, unsigned long pages)
{
	unsigned long flags;

	spin_lock_irqsave(&shim_nodes[nid].lock, flags);
	shim_nodes[nid].limit = pages;
	spin_unlock_irqrestore(&shim_nodes[nid].lock, flags);
}

unsigned long shim_pages_allocated(void)
{
	unsigned long n = 0, flags;
	unsigned int i;

	for (i = 0; i < shim_nr_nodes; i++) {
		spin_lock_irqsave(&shim_nodes[i].lock, flags);
		n += shim_nodes[i].used;
		spin_unlock_irqrestore(&shim_nodes[i].lock, flags);
	}
	return n;
}

static bool shim_holds_memory(const struct page *page, unsigned int order)
{
	return order >= SHIM_RELEASE_ORDER && !(page->flags & PG_ZERO);
}

static void shim_block_add(struct shim_node *node, struct page *page,
			   unsigned int order, unsigned long zero)
{
	page->flags = PG_BUDDY | zero;
	page->order = order;
	/* What is warm is found first; what has no memory is the last to get some. */
	if (zero)
		list_add_tail(&page->lru, &node->free[order]);
	else
		list_add(&page->lru, &node->free[order]);
	if (shim_holds_memory(page, order))
		node->waiting += 1UL << order;
}

/* Takes a free block out; returns PG_ZERO if it was. */
static unsigned long shim_block_del(struct shim_node *node, struct page *page,
				    unsigned int order)
{
	unsigned long zero = page->flags & PG_ZERO;

	if (shim_holds_memory(page, order)) {
		node->waiting -= 1UL << order;
		node->idle = min(node->idle, node->waiting);
	}
	__list_del_entry(&page->lru);
	page->lru.next = NULL;
	page->lru.prev = NULL;
	page->flags = 0;
	return zero;
}

/* Takes the free buddies of a block out, and returns the block with them. */
static struct page *shim_block_merge(struct shim_node *node, struct page *page,
				     unsigned int *order, unsigned long *zero)
{
	while (*order < MAX_PAGE_ORDER) {
		struct page *buddy = pfn_to_page(page_to_pfn(page) ^ (1UL << *order));

		if (!(buddy->flags & PG_BUDDY) || buddy->order != *order)
			break;
		*zero &= shim_block_del(node, buddy, *order);
		page = min(page, buddy);
		++*order;
	}
	return page;
}

/* Lists one more block of the greatest order from the untouched rest. */
static bool shim_node_grow(struct shim_node *node)
{
	unsigned long pfn = node->fresh, n = SHIM_COMMIT_PAGES;

	if (pfn == node->end)
		return false;
	if (pfn == node->committed) {
		n = min(n, node->end - pfn);
		if (mprotect(pfn_to_page(pfn), n * sizeof(struct page),
			     PROT_READ | PROT_WRITE) ||
		    mprotect(shim_private(pfn), n * sizeof(unsigned long),
			     PROT_READ | PROT_WRITE) ||
		    mprotect(page_address(pfn_to_page(pfn)), n << PAGE_SHIFT,
			     PROT_READ | PROT_WRITE))
			return false;
		node->committed += n;
	}
	node->fresh += MAX_ORDER_NR_PAGES;
	shim_block_add(node, pfn_to_page(pfn), MAX_PAGE_ORDER, PG_ZERO);
	return true;
}

/* The smallest block that will do, of those that hold memory if there are any. */
static struct page *shim_block_find(struct shim_node *node, unsigned int order,
				    unsigned int *found)
{
	struct page *page, *fresh = NULL;
	unsigned int o;

	do {
		for (o = order; o < NR_PAGE_ORDERS; o++) {
			page = list_first_entry_or_null(&node->free[o], struct page, lru);
			if (!page || (fresh && (page->flags & PG_ZERO)))
				continue;
			*found = o;
			if (!(page->flags & PG_ZERO))
				return page;
			fresh = page;
		}
	} while (!fresh && shim_node_grow(node));
	return fresh;
}

static struct page *shim_node_alloc(struct shim_node *node, unsigned int order,
				    unsigned long *zero)
{
	struct page *page = NULL;
	unsigned long flags;
	unsigned int o;

	spin_lock_irqsave(&node->lock, flags);
	if (node->limit && node->used + (1UL << order) > node->limit)
		goto out;
	page = shim_block_find(node, order, &o);
	if (!page)
		goto out;
	*zero = shim_block_del(node, page, o);
	while (o > order) {
		o--;
		shim_block_add(node, page + (1UL << o), o, *zero);
	}
	node->used += 1UL << order;
out:
	spin_unlock_irqrestore(&node->lock, flags);
	return page;
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	size_t bytes = PAGE_SIZE << order;
	struct page *page = NULL;
	unsigned long zero = 0;
	unsigned int i;
	void *p;

	if (order > MAX_PAGE_ORDER || shim_page_fails(gfp) || shim_fails(gfp))
		return NULL;
	shim_boot();
	if (nid == NUMA_NO_NODE)
		nid = numa_mem_id();
	WARN_ON_ONCE((unsigned int)nid >= shim_nr_nodes);
	for (i = 0; i < shim_nr_nodes && !page; i++) {
		page = shim_node_alloc(&shim_nodes[(nid + i) % shim_nr_nodes], order, &zero);
		if (gfp & __GFP_THISNODE)
			break;
	}
	if (!page)
		return NULL;
	p = page_address(page);
	shim_unpoison(p, bytes);
	if (!zero && want_init_on_alloc(gfp))
		memset(p, 0, bytes);
	set_page_count(page, 1);
	return page;
}

/* As DEBUG_VM would, and stricter: who uses a field clears it. */
static void shim_check_clean(const struct page *page)
{
	if (unlikely(page->lru.next || page->lru.prev || page->index || page_private(page) ||
		     page->flags || page_ref_count(page)))
		shim_bug(__FILE__, __LINE__,
			 "bad page at %p: flags %x lru %p %p index %lx private %lx count %d\n",
			 page_address(page), page->flags, page->lru.next, page->lru.prev,
			 page->index, page_private(page), page_ref_count(page));
}

/* Pages that nobody counts any more are nobody's from here. */
static void shim_pages_leave(const struct page *page, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < (IS_ENABLED(CONFIG_DEBUG_VM) ? nr : 1); i++)
		shim_check_clean(page + i);
	if (want_init_on_free())
		memset(page_address(page), 0, nr * PAGE_SIZE);
	shim_poison(page_address(page), nr * PAGE_SIZE);
}

/* Lists a block; the lock is let go while its memory goes back, if it is to. */
static void shim_block_free(struct shim_node *node, struct page *page,
			    unsigned int order, unsigned long *flags)
{
	unsigned long zero = 0;

	node->used -= 1UL << order;
	/* Merge first, then give back: one call for the whole block. */
	page = shim_block_merge(node, page, &order, &zero);
	if (order >= SHIM_RELEASE_ORDER && node->waiting >= SHIM_RELEASE_PAGES) {
		spin_unlock_irqrestore(&node->lock, *flags);
		if (!madvise(page_address(page), PAGE_SIZE << order, MADV_DONTNEED))
			zero = PG_ZERO;
		spin_lock_irqsave(&node->lock, *flags);
		/* Buddies may have come meanwhile. */
		page = shim_block_merge(node, page, &order, &zero);
	}
	shim_block_add(node, page, order, zero);
}

/* Pages that need be no block go back as the fewest blocks that they are. */
static void shim_range_free(struct page *page, unsigned long nr)
{
	struct shim_node *node = &shim_nodes[page_to_nid(page)];
	unsigned long flags;

	shim_pages_leave(page, nr);
	spin_lock_irqsave(&node->lock, flags);
	while (nr) {
		unsigned int order = min_t(unsigned int, ilog2(nr),
					   __ffs(page_to_pfn(page) | MAX_ORDER_NR_PAGES));

		shim_block_free(node, page, order, &flags);
		page += 1UL << order;
		nr -= 1UL << order;
	}
	spin_unlock_irqrestore(&node->lock, flags);
}

void shim_pages_cut(struct page *page, unsigned int order, unsigned long pages)
{
	shim_range_free(page + pages, (1UL << order) - pages);
}

void shim_pages_free(struct page *page, unsigned long pages)
{
	if (page_ref_count(page) < 1)
		shim_bug(__FILE__, __LINE__, "page at %p freed twice\n", page_address(page));
	if (atomic_dec_and_test(&page->_refcount))
		shim_range_free(page, pages);
}

void __free_pages(struct page *page, unsigned int order)
{
	shim_pages_free(page, 1UL << order);
}

/* A block that holds memory and was freed long ago, taken out; or NULL. */
static struct page *shim_block_idle(struct shim_node *node, unsigned int *order)
{
	struct page *page;
	unsigned int o;

	for (o = NR_PAGE_ORDERS; o-- > SHIM_RELEASE_ORDER;)
		list_for_each_entry_reverse(page, &node->free[o], lru)
			if (shim_holds_memory(page, o)) {
				shim_block_del(node, page, o);
				*order = o;
				return page;
			}
	return NULL;
}

/* Gives the memory of some free blocks of a node back. */
static unsigned long shim_node_trim(struct shim_node *node, bool all)
{
	unsigned long flags, nr, done = 0;
	unsigned int order;
	struct page *page;

	spin_lock_irqsave(&node->lock, flags);
	nr = all ? node->waiting : node->idle;
	while (done < nr && (page = shim_block_idle(node, &order))) {
		unsigned long zero;

		spin_unlock_irqrestore(&node->lock, flags);
		zero = madvise(page_address(page), PAGE_SIZE << order, MADV_DONTNEED) ?
		       0 : PG_ZERO;
		done += 1UL << order;
		spin_lock_irqsave(&node->lock, flags);
		/* Buddies may have come meanwhile. */
		page = shim_block_merge(node, page, &order, &zero);
		shim_block_add(node, page, order, zero);
	}
	node->idle = node->waiting;
	spin_unlock_irqrestore(&node->lock, flags);
	return done;
}

unsigned long shim_pages_trim(bool all)
{
	unsigned long done = 0;
	unsigned int i;

	for (i = 0; i < shim_nr_nodes; i++)
		done += shim_node_trim(&shim_nodes[i], all);
	return done;
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	return page ? (unsigned long)page_address(page) : 0;
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		__free_pages(virt_to_page((void *)addr), order);
}

unsigned long totalram_pages(void)
{
	return sysconf(_SC_PHYS_PAGES);
}

unsigned long si_mem_available(void)
{
	return sysconf(_SC_AVPHYS_PAGES);
}
