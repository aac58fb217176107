/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Work that each CPU does on its own magazines. */
#ifndef _ZMEM_COMPAT_WORK_H
#define _ZMEM_COMPAT_WORK_H

#include <linux/workqueue.h>

struct cpumask;

#define zmem_unbound_wq	system_unbound_wq

/*
 * Runs fn(arg) once on each online CPU (of @mask, unless NULL), and waits
 * until all did.  May sleep.
 *
 * The caller becomes each CPU in turn: it borrows the slot, runs fn there and
 * hands it back, so that a thread that never calls again, or sleeps in a
 * system call, keeps nobody waiting.  It waits only for a thread that has
 * preemption off, that is inside zmem_cpu_enter() or holds a spinlock; those
 * are short, and wait for nothing that the caller may hold here.  No slot is
 * taken or left meanwhile (cpus_read_lock()): so the caller holds no mutex
 * that a hotplug callback takes.
 */
void zmem_on_each_cpu(void (*fn)(void *arg), void *arg,
		      const struct cpumask *mask);

#endif /* _ZMEM_COMPAT_WORK_H */
