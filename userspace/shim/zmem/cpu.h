/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The seam of the fast path: how a thread gets hold of its share of a cache.
 * Twin of include/zmem/cpu.h; shim/share.h has zmem_here_enter() and _exit(),
 * zmem_cpu_enter() and zmem_cpu_poll().
 */
#ifndef _ZMEM_CPU_H
#define _ZMEM_CPU_H

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
 * Moves the top, which is at @top, by so many objects.  By a store: counting in
 * memory is an instruction less, and a load more of what was written last.
 */
static __always_inline void zmem_here_move(zmem_here_t zc, void **top, int nr)
{
	top += nr;
	OPTIMIZER_HIDE_VAR(top);
	WRITE_ONCE(zc->top, top);
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

#endif /* _ZMEM_CPU_H */
