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
#include <linux/string.h>
#include <zmem/types.h>

/* Says of a share that somebody is at work on it.  Not 0: see below. */
#define ZMEM_BUSY	1

/*
 * On x86 the share is addressed through the segment that per-CPU data start
 * at: an instruction less than forming its address.  The sanitizers of older
 * compilers get such pointers wrong, and sparse does not know them.
 */
#if defined(CONFIG_X86_64) && defined(CONFIG_SMP) && defined(__SEG_GS) && \
	!defined(CONFIG_KASAN) && !defined(CONFIG_KCSAN) && !defined(__CHECKER__)
#define zmem_here_t		struct zmem_cpu __seg_gs *
#define zmem_here_ptr(cpu)	((zmem_here_t)(uintptr_t)(cpu))
#else
#define zmem_here_t		struct zmem_cpu *
#define zmem_here_ptr(cpu)	raw_cpu_ptr(cpu)
#endif

/*
 * This CPU's share with busy set and preemption off, or NULL if busy was.
 * For as long as preemption is off: the pointer says "this CPU's".
 */
static __always_inline zmem_here_t zmem_here_enter(struct zmem_cpu __percpu *cpu)
{
	zmem_here_t zc;

	preempt_disable();
	zc = zmem_here_ptr(cpu);
	/*
	 * Only this CPU writes busy, and an interrupt leaves it as it was.
	 * Comparing memory with 0 is two instructions to gcc, with 1 it is one.
	 */
	if (unlikely(data_race(zc->busy) == ZMEM_BUSY)) {
		preempt_enable();
		return NULL;
	}
	WRITE_ONCE(zc->busy, ZMEM_BUSY);
	barrier();
	/* Callers' tests for NULL then cost nothing. */
	if (!zc)
		__builtin_unreachable();
	return zc;
}

static __always_inline void zmem_here_exit(zmem_here_t zc)
{
	barrier();
	WRITE_ONCE(zc->busy, 0);
	preempt_enable();
}

/*
 * Whether the share had an object.  Forgetting where the top was, gcc counts in
 * memory: one instruction, not two.
 */
static __always_inline bool zmem_here_pop(zmem_here_t zc, void **object)
{
	void **top = zc->top;

	if (unlikely(top == zc->low))
		return false;
	*object = top[-1];
	barrier();
	zc->top--;
	return true;
}

/* What was pushed last and not popped since; @top is where the top is. */
static __always_inline void *zmem_here_last(zmem_here_t zc, void **top)
{
	return top[-1];
}

/* Pushes an object at @top, where the top is, and there is room. */
static __always_inline void zmem_here_push(zmem_here_t zc, void **top, void *object)
{
	*top = object;
	barrier();
	zc->top++;
}

/* Moves the top to where everything below is in place; a share of any kind. */
#define zmem_cpu_set_top(zc, to)	((void)((zc)->top = (to)))

/* zmem_here_enter() and _exit() with an ordinary pointer, for the slow path. */
static __always_inline struct zmem_cpu *
zmem_cpu_enter(struct zmem_cpu __percpu *cpu)
{
	return zmem_here_enter(cpu) ? raw_cpu_ptr(cpu) : NULL;
}

static __always_inline void zmem_cpu_exit(struct zmem_cpu *zc)
{
	barrier();
	WRITE_ONCE(zc->busy, 0);
	preempt_enable();
}

/* A share that stays what it is: for what is the same in all of them. */
#define zmem_cpu_any(cpu)	raw_cpu_ptr(cpu)

/* Counts what this CPU did.  Others read the counter, and get by with an old value. */
#define zmem_cpu_count(counter, n)	data_race(*(counter) += (n))

/*
 * Bulk calls' copies.  The kernel's memcpy() counts bytes where this counts
 * words, and is a call.
 */
static __always_inline void zmem_copy_objects(void **to, void **from, size_t nr)
{
#ifdef CONFIG_X86_64
	asm volatile("rep movsq" : "+D" (to), "+S" (from), "+c" (nr) : : "memory");
#else
	memcpy(to, from, nr * sizeof(*to));
#endif
}

/* Pushes several, likewise.  In this order gcc needs fewer registers. */
static __always_inline void zmem_here_push_bulk(zmem_here_t zc, void **top,
						void **objects, size_t nr)
{
	zc->top = top + nr;
	zmem_copy_objects(top, objects, nr);
}

/*
 * For seams that fetch objects into the cache before they are handed out.  What
 * that would be worth here nobody has measured.
 */
static inline void zmem_fetch_objects(void **objects, size_t nr)
{
}

/* Work that other CPUs ask for comes from a workqueue: nothing to poll. */
static inline void zmem_cpu_poll(void)
{
}

#endif /* _ZMEM_CPU_H */
