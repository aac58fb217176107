/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Work that each CPU does on its own magazines. */
#ifndef _ZMEM_COMPAT_WORK_H
#define _ZMEM_COMPAT_WORK_H

#include <linux/workqueue.h>

struct cpumask;

/* Linux 6.17 renamed the queues, and 7.x warns of the old names' use. */
#ifdef ZMEM_HAVE_SYSTEM_DFL_WQ
#define zmem_percpu_wq		system_percpu_wq
#define zmem_unbound_wq		system_dfl_wq
#else
#define zmem_percpu_wq		system_wq
#define zmem_unbound_wq		system_unbound_wq
#endif

/*
 * Runs fn(arg) once on each online CPU (of @mask, unless NULL) from task
 * context, and waits until all did.  May sleep.
 */
void zmem_on_each_cpu(void (*fn)(void *arg), void *arg,
		      const struct cpumask *mask);

#endif /* _ZMEM_COMPAT_WORK_H */
