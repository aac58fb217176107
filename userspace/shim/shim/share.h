/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * How a thread gets hold of its share of a cache.  See shim/slot.h for why this
 * excludes both the thread's own signal handlers and other threads that borrow
 * its slot.
 *
 * One busy word a thread serves all caches: it shares a cache line with the
 * offset that is read anyway, and a borrower has one word to look at.
 */
#ifndef _SHIM_SHARE_H
#define _SHIM_SHARE_H

#include <linux/percpu.h>
#include <shim/slot.h>

struct zmem_cpu;

/*
 * What the owner reads from here on it reads after what a borrower wrote.  On
 * x86 loads come in order, and the offset can be added straight from memory.
 */
static __always_inline unsigned long zmem_cpu_off(void)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
	unsigned long off = shim_task.off;

	barrier();
	return off;
#else
	return smp_load_acquire(&shim_task.off);
#endif
}

/*
 * This thread's share, busy, or NULL: its slot is busy (the caller is a signal
 * handler).  A thread whose slot is lent, or that has none, gets unit 0's: it
 * is nobody's, and its magazines are never open, so that the fast path need
 * not ask.  (Comparing memory with 0 is two instructions to gcc, with 1 one.)
 */
static __always_inline struct zmem_cpu *zmem_here_enter(struct zmem_cpu *cpu)
{
	if (unlikely(shim_task.busy == 1))
		return NULL;
	WRITE_ONCE(shim_task.busy, 1);
	barrier();
	cpu = shim_percpu_at(cpu, zmem_cpu_off());
	/* Callers' tests for NULL then cost nothing. */
	if (!cpu)
		__builtin_unreachable();
	return cpu;
}

static __always_inline void zmem_here_exit(struct zmem_cpu *zc)
{
	smp_store_release(&shim_task.busy, 0);
}

/* The same for the slow path, and NULL also without a slot. */
static __always_inline struct zmem_cpu *zmem_cpu_enter(struct zmem_cpu *cpu)
{
	struct zmem_cpu *zc = zmem_here_enter(cpu);

	if (zc && zc == cpu) {
		zmem_here_exit(zc);
		return NULL;
	}
	return zc;
}

/* The slow path's chance: a thread's first calls come through here. */
static inline void zmem_cpu_poll(void)
{
	if (unlikely(!shim_task.cpu))
		zmem_slot_get();
}

#endif /* _SHIM_SHARE_H */
