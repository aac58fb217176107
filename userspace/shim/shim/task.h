/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the shim knows of a thread, and how a CPU is made of it.
 *
 * A CPU is a slot that one thread owns.  Its per-CPU data are the unit of the
 * same number; the thread finds them by adding @off to a per-CPU pointer.  A
 * thread without a slot has @off 0 and must not touch per-CPU data: unit 0
 * belongs to nobody.
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
#ifndef _SHIM_TASK_H
#define _SHIM_TASK_H

#include <linux/types.h>
#include <asm/barrier.h>

/**
 * struct shim_task - a thread
 * @off: offset of its unit; 0: no slot, or lent.  Written under shim_cpu_lock
 * @busy: between zmem_cpu_enter() and zmem_cpu_exit()
 * @preempt: depth of preempt_disable(), spinlocks included
 * @held: locks held, mutexes included: a fork waits until it is 0 everywhere
 * @cpu: its slot, 0 if none
 * @id: never 0 once it took a lock; lock owners are known by it
 * @irqs_off: depth of interrupts being off
 * @rcu: depth of rcu_read_lock()
 * @rcu_index: the epoch it counts in
 * @cpus_read: depth of cpus_read_lock()
 * @gone: its exit has run; it gets no slot again
 */
struct shim_task {
	unsigned long off;
	u32 busy;
	u32 preempt;
	u32 held;
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
