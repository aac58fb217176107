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

#include <zmem/cpu.h>
#include "internal.h"

void *zmem_magazine_alloc(struct zmem_cache *cache, gfp_t gfp, int node);
void zmem_magazine_free(struct zmem_cache *cache, void *object);
unsigned int zmem_magazine_alloc_bulk(struct zmem_cache *cache, void **objects,
				      unsigned int nr);
unsigned int zmem_magazine_free_bulk(struct zmem_cache *cache, void **objects,
				     unsigned int nr);

void zmem_magazines_drain_this_cpu(struct zmem_cache *cache);
void zmem_magazines_drain_cpu(struct zmem_cache *cache, int cpu);
void zmem_magazines_sample(struct zmem_cache *cache);
void zmem_latency_calibrate(void);
u64 zmem_latency_detour(void);

/* Whether this CPU's magazine gave an object; if not, take the slow path. */
static __always_inline bool zmem_magazine_pop(struct zmem_cache *c, void **object)
{
	struct zmem_cpu *zc = zmem_cpu_enter(c->front.cpu);
	void **top;

	if (unlikely(!zc))
		return false;
	top = zc->top;
	if (unlikely(top == zc->low)) {
		zmem_cpu_exit(zc);
		return false;
	}
	*object = *--top;
	zc->top = top;
	zmem_cpu_count(&zc->allocs, 1);
	zmem_cpu_exit(zc);
	return true;
}

/*
 * Whether this CPU's magazine took the object, which is on @page (NULL: look,
 * if need be); if not, take the slow path.  A repeat of the last free is not
 * taken.  (At the bottom of a magazine, top[-1] is its guard.)
 */
static __always_inline bool zmem_magazine_push(struct zmem_cache *c, void *object,
					       const struct page *page)
{
	struct zmem_cpu *zc = zmem_cpu_enter(c->front.cpu);
	void **top;

	if (unlikely(!zc))
		return false;
	top = zc->top;
	if (unlikely(top == zc->high))
		goto slow;
	if (unlikely(top[-1] == object))
		goto slow;
	if (static_branch_unlikely(&zmem_numa_key)) {
		if (!page)
			page = zmem_virt_to_page(object);
		if (unlikely(!page || zmem_page_home(page) != zc->node))
			goto slow;
	}
	*top = object;
	zc->top = top + 1;
	zmem_cpu_count(&zc->frees, 1);
	zmem_cpu_exit(zc);
	return true;
slow:
	zmem_cpu_exit(zc);
	return false;
}

#endif /* _ZMEM_CORE_MAGAZINE_H */
