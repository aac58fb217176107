/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the shim knows of a thread.
 *
 * A CPU is a slot, and its per-CPU data are the unit of the same number.  Unit
 * 0 belongs to nobody.  Whose a slot is, and for how long: see shim/slot.h.
 */
#ifndef _SHIM_TASK_H
#define _SHIM_TASK_H

#include <linux/types.h>
#include <asm/barrier.h>

#ifndef SHIM_NR_CPUS
#define SHIM_NR_CPUS	256
#endif
#define SHIM_UNIT_SHIFT	21

/**
 * struct shim_task - a thread
 * @off: (thread slots) offset of its unit; 0: no slot, or lent.  Written under
 *	shim_cpu_lock
 * @busy: (thread slots) between zmem_cpu_enter() and zmem_cpu_exit()
 * @preempt: depth of preempt_disable(), spinlocks included
 * @held: locks held, mutexes included: a fork waits until it is 0 everywhere
 * @held_at: (rseq) where that is counted
 * @cpu: its slot, 0 if none; (rseq) the one that it acts for, 0 if none
 * @id: never 0 once it took a lock; lock owners are known by it
 * @irqs_off: depth of interrupts being off
 * @rcu: depth of rcu_read_lock()
 * @rcu_index: the epoch it counts in
 * @cpus_read: depth of cpus_read_lock()
 * @gone: (thread slots) its exit has run; it gets no slot again
 */
struct shim_task {
	unsigned long off;
	u32 busy;
	u32 preempt;
	u32 held;
	u32 held_at;
	u32 cpu;
	u32 id;
	u32 irqs_off;
	u32 rcu;
	u32 rcu_index;
	u32 cpus_read;
	bool gone;
};

/* Initial-exec: one load; no call that might allocate. */
extern __thread struct shim_task shim_task
	__attribute__((tls_model("initial-exec")));

u32 shim_task_new_id(void);

static inline u32 shim_task_id(void)
{
	return likely(shim_task.id) ? shim_task.id : shim_task_new_id();
}

/* Boots page and per-CPU areas; harmless to repeat.  May run before main(). */
void shim_boot(void);

/* Orders this thread's stores before its loads, and all others' likewise. */
void shim_membarrier(void);

/* Blocks while *word is val; may return early. */
void shim_futex_wait(u32 *word, u32 val);
void shim_futex_wake(u32 *word, int nr);

#endif /* _SHIM_TASK_H */
