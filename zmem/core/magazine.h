/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Magazines: a CPU's loaded and previous one, and the fast path.
 *
 * The two functions here are all that most calls run: no lock, no atomic
 * read-modify-write, no masking of interrupts, no loop.  Why that is right:
 * preemption is off, so no other task runs on this CPU's share; an interrupt
 * that lands between busy's setting and clearing finds it set and goes to the
 * slab; one that lands before or after sees a consistent magazine.  Everyone
 * else, whoever drains, closes or resizes, asks this CPU to do it.
 */
#ifndef _ZMEM_CORE_MAGAZINE_H
#define _ZMEM_CORE_MAGAZINE_H

#include <linux/mm.h>
#include <zmem/cpu.h>
#include "internal.h"

/* Objects that a CPU's first magazine holds; changed before there are any. */
extern unsigned int zmem_magazine_first;

void *zmem_magazine_alloc(struct zmem_common *cache, gfp_t gfp, int node);
unsigned long zmem_cpu_frees(const struct zmem_cpu_area *area);

/* Allocations on a CPU that its magazines served, and all of them. */
static inline unsigned long zmem_cpu_alloc_hits(const struct zmem_cpu_area *area)
{
	return READ_ONCE(area->fast.allocs) + READ_ONCE(area->slow.swap_allocs);
}

static inline unsigned long zmem_cpu_all_allocs(const struct zmem_cpu_area *area)
{
	return zmem_cpu_alloc_hits(area) + READ_ONCE(area->slow.slow_allocs);
}

/* Frees on a CPU that its magazines took, and all of them. */
static inline unsigned long zmem_cpu_free_hits(const struct zmem_cpu_area *area)
{
	return zmem_cpu_frees(area) + READ_ONCE(area->slow.swap_frees);
}

static inline unsigned long zmem_cpu_all_frees(const struct zmem_cpu_area *area)
{
	return zmem_cpu_free_hits(area) + READ_ONCE(area->slow.slow_frees);
}

void zmem_magazine_free(struct zmem_common *cache, void *object);
size_t zmem_magazine_alloc_bulk(struct zmem_cache *cache, void **objects, size_t nr);
size_t zmem_magazine_free_bulk(struct zmem_cache *cache, void **objects, size_t nr);

void zmem_magazines_drain_this_cpu(struct zmem_common *cache);
void zmem_magazines_bequeath(struct zmem_common *cache, int cpu);
void zmem_magazines_drain_cpu(struct zmem_common *cache, int cpu);

/* Whether this CPU's magazine gave an object; if not, take the slow path. */
static __always_inline bool zmem_magazine_pop(struct zmem_cache *cache, void **object)
{
	zmem_here_t zc = zmem_here_enter(zmem_shares(cache));

	if (unlikely(!zc))
		return false;
	if (unlikely(!zmem_here_pop(zc, object))) {
		zmem_here_exit(zc);
		return false;
	}
	zmem_cpu_count(&zc->allocs, 1);
	zmem_here_exit(zc);
	return true;
}

/* What a free is besides a push, where there is such. */
static __always_inline bool zmem_magazine_may_push(zmem_here_t zc, void *object,
						   const struct page *page, bool wiped)
{
	if (!wiped && want_init_on_free())
		return false;
	if (!page)
		page = zmem_virt_to_page(object);
	return likely(page && zmem_page_home(page) == zc->node);
}

/*
 * Whether this CPU's magazine took the object, which is on @page (NULL: look,
 * if need be); if not, take the slow path.  A repeat of the last free is not
 * taken.  (At the bottom of a magazine that is its guard.)
 */
static __always_inline bool zmem_magazine_push(struct zmem_cache *cache, void *object,
					       const struct page *page, bool wiped)
{
	zmem_here_t zc = zmem_here_enter(zmem_shares(cache));
	void **top;

	if (unlikely(!zc))
		return false;
	top = zc->top;
	if (unlikely(top == zc->high))
		goto slow;
	if (unlikely(zmem_here_last(zc, top) == object))
		goto slow;
	if (static_branch_unlikely(&zmem_free_key) &&
	    unlikely(!zmem_magazine_may_push(zc, object, page, wiped)))
		goto slow;
	zmem_here_push(zc, top, object);
	zmem_here_exit(zc);
	return true;
slow:
	zmem_here_exit(zc);
	return false;
}

/* Whether the loaded magazine gave as many objects. */
static __always_inline bool zmem_magazine_pop_bulk(struct zmem_cache *cache,
						   void **objects, size_t nr)
{
	zmem_here_t zc = zmem_here_enter(zmem_shares(cache));
	void **top;

	if (unlikely(!zc))
		return false;
	top = zc->top;
	/* None at all is left to the slow path, too. */
	if (unlikely(nr - 1 >= (size_t)(top - zc->low))) {
		zmem_here_exit(zc);
		return false;
	}
	top -= nr;
	zmem_cpu_set_top(zc, top);
	zmem_cpu_count(&zc->allocs, nr);
	zmem_copy_objects(objects, top, nr);
	zmem_here_exit(zc);
	return true;
}

/* How many objects from the first on are of a node's memory. */
static __always_inline size_t zmem_magazine_of_node(void **objects, size_t nr, u32 node)
{
	size_t n;

	for (n = 0; n < nr; n++) {
		const struct page *page = zmem_virt_to_page(objects[n]);

		if (!page || zmem_page_home(page) != node)
			break;
	}
	return n;
}

/* Whether the loaded magazine took the objects, all of its node. */
static __always_inline bool zmem_magazine_push_bulk(struct zmem_cache *cache,
						    void **objects, size_t nr)
{
	zmem_here_t zc = zmem_here_enter(zmem_shares(cache));
	void **top;

	if (unlikely(!zc))
		return false;
	top = zc->top;
	if (unlikely(nr - 1 >= (size_t)(zc->high - top)))
		goto slow;
	if (static_branch_unlikely(&zmem_free_key) &&
	    (want_init_on_free() ||
	     zmem_magazine_of_node(objects, nr, zc->node) < nr))
		goto slow;
	zmem_here_push_bulk(zc, top, objects, nr);
	zmem_here_exit(zc);
	return true;
slow:
	zmem_here_exit(zc);
	return false;
}

#endif /* _ZMEM_CORE_MAGAZINE_H */
