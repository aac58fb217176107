/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * How a CPU is made of a thread.  (rseq/shim/slot.h makes one of a CPU.)
 *
 * A slot is owned by one thread, which finds its unit by adding @off to a
 * per-CPU pointer.  A thread without a slot has @off 0 and must not touch
 * per-CPU data.
 *
 * A slot can be borrowed without its owner's help, which is how work runs "on
 * another CPU" while that CPU's thread sleeps in a system call.  The borrower
 * clears the owner's @off, runs membarrier(), and waits until @busy and
 * @preempt are zero.  The owner raises either of them before it reads @off:
 *
 *	owner			borrower
 *	busy = 1		off = 0
 *	compiler barrier	membarrier()
 *	read off		read busy
 *
 * so that either the owner sees no slot, or the borrower sees it at work and
 * waits; all cost is the borrower's.  A kernel thread bound to a CPU can run
 * there in just the same places: anywhere but with preemption off.
 */
#ifndef _SHIM_SLOT_H
#define _SHIM_SLOT_H

#include <shim/task.h>

struct cpumask;

/* Of each unit, for the slot itself. */
#define SHIM_SLOT_BYTES	0

/*
 * Takes a slot for this thread, unless it has one, may not have one, or none
 * is free now.  Never sleeps.  True if the thread took one.
 */
bool zmem_slot_get(void);

/* This thread's slot, or 0; and where its unit is. */
static inline u32 shim_slot_cpu(void)
{
	return shim_task.cpu;
}

static inline unsigned long shim_slot_off(void)
{
	return smp_load_acquire(&shim_task.off);
}

/* Whether this thread is at work on its slot: one may not sleep there. */
static inline bool shim_slot_busy(void)
{
	return shim_task.busy;
}

/* The same where it must not be missed: this may be a signal handler. */
static inline bool shim_slot_held(void)
{
	return shim_slot_busy();
}

/* A thread keeps the slot that it has: it is bound already. */
static inline int shim_slot_bind(const struct cpumask *mask)
{
	return 0;
}

/*
 * This thread begins to hold locks, and holds none any more.  A fork finds
 * those with a slot by that.
 */
extern u32 shim_anonymous_held;

static inline void shim_slot_hold(struct shim_task *t)
{
	if (unlikely(!t->cpu))
		__atomic_fetch_add(&shim_anonymous_held, 1, __ATOMIC_SEQ_CST);
}

static inline void shim_slot_unhold(struct shim_task *t)
{
	if (unlikely(!t->cpu))
		__atomic_fetch_sub(&shim_anonymous_held, 1, __ATOMIC_RELEASE);
}

#endif /* _SHIM_SLOT_H */
