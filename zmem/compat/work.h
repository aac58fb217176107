/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Work that each CPU does on its own magazines. */
#ifndef _ZMEM_COMPAT_WORK_H
#define _ZMEM_COMPAT_WORK_H

struct cpumask;

/*
 * Runs fn(arg) once on each online CPU (of @mask, unless NULL) from task
 * context, and waits until all did.  May sleep.
 */
void zmem_on_each_cpu(void (*fn)(void *arg), void *arg,
		      const struct cpumask *mask);

#endif /* _ZMEM_COMPAT_WORK_H */
