/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_SCHED_H
#define _SHIM_LINUX_SCHED_H

#include <sched.h>
#include <linux/bug.h>
#include <linux/gfp_bits.h>
#include <linux/preempt.h>
#include <shim/slot.h>

#define schedule()		sched_yield()
#define might_sleep()		\
	WARN_ONCE(!preemptible() || shim_task.rcu || shim_slot_busy(),	\
		  "sleeping function called in atomic context\n")
#define might_sleep_if(c)	do { if (c) might_sleep(); } while (0)
#define might_alloc(gfp)	might_sleep_if(gfpflags_allow_blocking(gfp))
static inline int cond_resched(void)
{
	might_sleep();
	return sched_yield();
}

struct cpumask;
struct task_struct;

#define current			((struct task_struct *)NULL)
#define set_cpus_allowed_ptr(t, mask)	((void)(t), shim_slot_bind(mask))

#define TASK_COMM_LEN		16
#define memalloc_nofs_save()	0u
#define memalloc_nofs_restore(f) ((void)(f))
#define memalloc_noio_save()	0u
#define memalloc_noio_restore(f) ((void)(f))
#define fs_reclaim_acquire(gfp)	((void)(gfp))
#define fs_reclaim_release(gfp)	((void)(gfp))

#endif /* _SHIM_LINUX_SCHED_H */
