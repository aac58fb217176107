/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_RCUPDATE_H
#define _SHIM_LINUX_RCUPDATE_H

#include <linux/types.h>
#include <linux/container_of.h>
#include <linux/sched.h>
#include <asm/barrier.h>

/*
 * Two counters of readers, used in turn: a grace period turns to the other
 * one and waits until the old one is 0, twice over (as SRCU does).  Callbacks
 * run in a thread of their own, which lives while there are any.
 */
void rcu_read_lock(void);
void rcu_read_unlock(void);
void synchronize_rcu(void);
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
void rcu_barrier(void);
unsigned long get_state_synchronize_rcu(void);
unsigned long start_poll_synchronize_rcu(void);
bool poll_state_synchronize_rcu(unsigned long state);
void cond_synchronize_rcu(unsigned long state);

#define synchronize_rcu_expedited()	synchronize_rcu()
#define call_rcu_hurry(head, func)	call_rcu(head, func)
#define rcu_read_lock_sched()		rcu_read_lock()
#define rcu_read_unlock_sched()		rcu_read_unlock()
#define rcu_read_lock_held()		(shim_task.rcu != 0)
#define rcu_dereference(p)		smp_load_acquire(&(p))
#define rcu_dereference_raw(p)		rcu_dereference(p)
#define rcu_dereference_check(p, c)	rcu_dereference(p)
#define rcu_dereference_protected(p, c)	(p)
#define rcu_access_pointer(p)		READ_ONCE(p)
#define rcu_assign_pointer(p, v)	smp_store_release(&(p), v)
#define RCU_INIT_POINTER(p, v)		WRITE_ONCE(p, v)
#define init_rcu_head(h)		((void)(h))
#define destroy_rcu_head(h)		((void)(h))

void shim_kfree_rcu(struct rcu_head *head, size_t offset);
#define kfree_rcu(p, field)	\
	shim_kfree_rcu(&(p)->field, offsetof(__typeof__(*(p)), field))
#define kfree_rcu_mightsleep(p)	do { synchronize_rcu(); kfree(p); } while (0)

#endif /* _SHIM_LINUX_RCUPDATE_H */
