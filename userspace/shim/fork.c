// SPDX-License-Identifier: GPL-2.0 OR MIT
/* fork(): no lock held and no slot busy in what the child inherits. */
#include <limits.h>
#include <pthread.h>
#include <linux/lock.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include "shim_internal.h"

static struct shim_lock shim_fork_lock;
u32 shim_forking;
static u32 shim_forker;

/* The caller has just begun to hold; a fork waits, so it first lets go. */
void shim_hold_wait(void)
{
	struct shim_task *t = &shim_task;

	if (READ_ONCE(shim_forker) == shim_task_id())
		return;
	while (READ_ONCE(shim_forking)) {
		shim_slot_unhold(t);
		smp_store_release(&t->held, 0);
		shim_futex_wait(&shim_forking, 1);
		__atomic_store_n(&t->held, 1, __ATOMIC_SEQ_CST);
		shim_slot_hold(t);
		barrier();
	}
}

/* True once no other thread holds a lock, with shim_cpu_lock taken. */
static bool shim_fork_try(void)
{
	shim_lock_acquire(&shim_cpu_lock.lock);
	if (!shim_slots_held())
		return true;
	shim_lock_release(&shim_cpu_lock.lock);
	return false;
}

static void shim_fork_prepare(void)
{
	WARN_ON(shim_task.held || shim_slot_busy());
	shim_lock_acquire(&shim_fork_lock);
	WRITE_ONCE(shim_forker, shim_task_id());
	__atomic_store_n(&shim_forking, 1, __ATOMIC_SEQ_CST);
	shim_membarrier();
	while (!shim_fork_try())
		sched_yield();
	shim_slots_stop();
}

static void shim_fork_done(void)
{
	shim_lock_release(&shim_cpu_lock.lock);
	WRITE_ONCE(shim_forker, 0);
	__atomic_store_n(&shim_forking, 0, __ATOMIC_SEQ_CST);
	shim_futex_wake(&shim_forking, INT_MAX);
	shim_lock_release(&shim_fork_lock);
}

static void shim_fork_parent(void)
{
	shim_slots_start();
	shim_fork_done();
}

static void shim_fork_child(void)
{
	/* Of threads that were about to wait in shim_hold_wait(). */
	shim_slots_forget_held();
	shim_fork_done();
	shim_rcu_fork_child();
	shim_work_fork_child();
	shim_slots_fork_child();
}

/* Not from shim_boot(), which may run inside malloc(): this may call it. */
static void __attribute__((constructor(101))) shim_fork_ctor(void)
{
	shim_boot();
	pthread_atfork(shim_fork_prepare, shim_fork_parent, shim_fork_child);
}
