/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The seam of the fast path: how a CPU gets hold of its share of a cache.
 * Private, as zmem/types.h is; userspace has a twin of its own.
 *
 * Preemption off keeps other tasks out, busy keeps interrupts out.  An
 * interrupt between the test of busy and its setting is harmless: nothing of
 * the magazine was read yet, and the interrupt clears busy before it returns.
 */
#ifndef _ZMEM_CPU_H
#define _ZMEM_CPU_H

#include <linux/percpu.h>
#include <linux/preempt.h>
#include <zmem/types.h>

/* This CPU's share with busy set and preemption off, or NULL if busy was. */
static __always_inline struct zmem_cpu *
zmem_cpu_enter(struct zmem_cpu __percpu *cpu)
{
	struct zmem_cpu *zc;

	preempt_disable();
	zc = raw_cpu_ptr(cpu);
	/* Only this CPU writes busy, and an interrupt leaves it as it was. */
	if (unlikely(data_race(zc->busy))) {
		preempt_enable();
		return NULL;
	}
	WRITE_ONCE(zc->busy, 1);
	barrier();
	/* Callers' tests for NULL then cost nothing. */
	if (!zc)
		__builtin_unreachable();
	return zc;
}

static __always_inline void zmem_cpu_exit(struct zmem_cpu *zc)
{
	barrier();
	WRITE_ONCE(zc->busy, 0);
	preempt_enable();
}

/* Counts what this CPU did. */
static __always_inline void zmem_cpu_count(unsigned long *counter, unsigned long n)
{
	/* Others read the counter meanwhile, and make do with an old value. */
	data_race(*counter += n);
}

/* Work that other CPUs ask for comes from a workqueue: nothing to poll. */
static inline void zmem_cpu_poll(void)
{
}

#endif /* _ZMEM_CPU_H */
