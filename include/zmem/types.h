/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The layout that the fast path sees.  Private: callers use zmem/zmem.h and
 * touch no field here.  Whoever changes a structure below changes
 * ZMEM_LAYOUT with it: cache creation refuses callers built against another.
 */
#ifndef _ZMEM_TYPES_H
#define _ZMEM_TYPES_H

#include <linux/types.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/log2.h>
#include <linux/percpu.h>

#define ZMEM_LAYOUT	4u

/* Sizes in bytes: small, medium, then runs of whole pages. */
#define ZMEM_SMALL_MAX	256u
#define ZMEM_MEDIUM_MAX	8192u
#define ZMEM_ALLOC_MAX	((size_t)4 << 20)
#define ZMEM_OBJECT_MAX	32768u	/* of an object cache: what a slab's run holds */
#define ZMEM_NAME_MAX	32

struct zmem_magazine;

/**
 * struct zmem_cpu - one CPU's share of a cache
 * @top: where the next object is pushed; top[-1] is popped next
 * @low: @top may not go below: the loaded magazine's first slot
 * @high: @top may not go above: behind the loaded magazine's last slot
 * @allocs: allocations that the loaded magazine served
 * @next: what top[-1] is, or NULL if there is none, for seams that pop it from
 *	here (zmem_here_pop())
 * @busy: set while this CPU works on the fields of this line.  An interrupt
 *	that finds it set goes to the slab instead
 * @node: the node whose objects @loaded holds
 * @loaded: the magazine behind @top; its own count is stale meanwhile
 * @prev: the magazine that was loaded before
 *
 * Only the owning CPU writes, with preemption off and @busy set; anyone reads,
 * for statistics.  low == high == top sends every call to the slow path: that
 * is an empty, a closed, or a not yet equipped CPU.
 */
struct zmem_cpu {
	void **top;
	void **low;
	void **high;
	unsigned long allocs;
	void *next;
	u32 busy;
	u32 node;
	struct zmem_magazine *loaded;
	struct zmem_magazine *prev;
	/* private: the slow path's, on lines of its own (zmem/internal.h) */
} ____cacheline_aligned;

/*
 * A cache, to its callers: a per-CPU pointer in disguise, so that the fast
 * path touches this CPU's share and nothing else.  What the CPUs have in
 * common is found from there (struct zmem_common in zmem/internal.h).  The
 * type is never defined: nobody can look through the pointer by mistake.
 */
struct zmem_cache;

static __always_inline struct zmem_cpu __percpu *zmem_shares(struct zmem_cache *cache)
{
	/* By way of a number: __percpu is an address space to newer kernels. */
	return (struct zmem_cpu __percpu *)(__force unsigned long)cache;
}

/*
 * Size classes: steps of 8 up to 64, then four to each doubling up to
 * ZMEM_MEDIUM_MAX, so that a class wastes at most a fifth.  Class 0 is the
 * request for no bytes.  No request in a class asks for more alignment than
 * the class has: within (class - step, class] only the class itself is a
 * multiple of the step.
 */
#define ZMEM_SIZE_CLASSES	37

static __always_inline unsigned int zmem_size_class(size_t size)
{
	unsigned int order;

	if (size <= 64)
		return (size + 7) / 8;
	order = ilog2(size - 1);
	return 9 + (order - 6) * 4 + (((size - 1) >> (order - 2)) & 3);
}

extern struct zmem_cache *zmem_size_caches[ZMEM_SIZE_CLASSES];

#endif /* _ZMEM_TYPES_H */
