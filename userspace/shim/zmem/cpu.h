/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The seam of the fast path: how a thread gets hold of its share of a cache.
 * Twin of include/zmem/cpu.h; shim/share.h has zmem_here_enter() and _exit(),
 * zmem_cpu_enter() and zmem_cpu_poll().
 */
#ifndef _ZMEM_CPU_H
#define _ZMEM_CPU_H

#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <shim/share.h>
#include <zmem/types.h>

static __always_inline void zmem_cpu_exit(struct zmem_cpu *zc)
{
	zmem_here_exit(zc);
}

/* A share that stays what it is, also of threads without a slot. */
#define zmem_cpu_any(cpu)	per_cpu_ptr(cpu, 0)

/* A share is an ordinary address here. */
#define zmem_here_t	struct zmem_cpu *

/*
 * The top object is in the share, too, and popped from there.  A free that is
 * followed by an allocation makes a chain of what the one writes and the other
 * reads, each some cycles later: of the top, the object below it, the caller's
 * pointer to that.  With the object beside the top it is a link shorter, which
 * counts for more than the two instructions of keeping it there.
 *
 * The top is moved by a store: counting in memory is an instruction less, and a
 * link more.
 */
static __always_inline void zmem_here_move(zmem_here_t zc, void **top)
{
	OPTIMIZER_HIDE_VAR(top);
	WRITE_ONCE(zc->top, top);
}

/* Whether the share had an object. */
static __always_inline bool zmem_here_pop(zmem_here_t zc, void **object)
{
	void *next = zc->next, **top;

	if (unlikely(!next))
		return false;
	*object = next;
	top = zc->top;
	WRITE_ONCE(zc->next, top[-2]);
	zmem_here_move(zc, top - 1);
	return true;
}

/* What was pushed last and not popped since; @top is where the top is. */
static __always_inline void *zmem_here_last(zmem_here_t zc, void **top)
{
	return zc->next;
}

/* Pushes an object at @top, where the top is, and there is room. */
static __always_inline void zmem_here_push(zmem_here_t zc, void **top, void *object)
{
	*top = object;
	WRITE_ONCE(zc->next, object);
	zmem_here_move(zc, top + 1);
}

/* Moves the top to where everything below is in place. */
static __always_inline void zmem_cpu_set_top(struct zmem_cpu *zc, void **top)
{
	zc->top = top;
	zc->next = top ? top[-1] : NULL;
}

/* Counts what this thread did; others read the counter meanwhile. */
static __always_inline void zmem_cpu_count(unsigned long *counter, unsigned long n)
{
#ifdef __SANITIZE_THREAD__
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
#else
	*counter += n;	/* one instruction, which the atomics would not give */
#endif
}

/* Bulk calls' copies. */
static __always_inline void zmem_copy_objects(void **to, void **from, size_t nr)
{
	if (nr)
		memcpy(to, from, nr * sizeof(*to));
}

/* Pushes several objects at @top, where the top is, and there is room. */
static __always_inline void zmem_here_push_bulk(zmem_here_t zc, void **top,
						void **objects, size_t nr)
{
	zmem_copy_objects(top, objects, nr);
	zmem_cpu_set_top(zc, top + nr);
}

/*
 * Has objects on their way into the cache, all at once, before they are handed
 * out one by one: what comes from a depot or a slab was last used long ago.
 */
static inline void zmem_fetch_objects(void **objects, size_t nr)
{
	while (nr--)
		prefetchw(objects[nr]);
}

#endif /* _ZMEM_CPU_H */
