/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_KTHREAD_H
#define _SHIM_LINUX_KTHREAD_H

#include <linux/err.h>
#include <linux/numa.h>
#include <linux/sched.h>

/*
 * A thread.  kthread_stop() may be called once for each, also after its
 * function returned.  A CPU given here is a wish: the thread takes the slot
 * of that number if it is free, and another if not.
 */
struct task_struct;

struct task_struct *shim_kthread_create(int (*fn)(void *data), void *data, int cpu,
					int node, const char *name);
int wake_up_process(struct task_struct *t);
int kthread_stop(struct task_struct *t);

bool kthread_should_stop(void);
void kthread_bind(struct task_struct *t, unsigned int cpu);

#define kthread_create(fn, data, name, ...)	\
	shim_kthread_create(fn, data, -1, NUMA_NO_NODE, name)
#define kthread_create_on_node(fn, data, node, name, ...)	\
	shim_kthread_create(fn, data, -1, node, name)
#define kthread_create_on_cpu(fn, data, cpu, name)	\
	shim_kthread_create(fn, data, cpu, NUMA_NO_NODE, name)
#define kthread_run(fn, data, name, ...) ({				\
	struct task_struct *_t = kthread_create(fn, data, name);	\
	if (!IS_ERR(_t))						\
		wake_up_process(_t);					\
	_t; })
#define kthread_run_on_cpu(fn, data, cpu, name) ({			\
	struct task_struct *_t = kthread_create_on_cpu(fn, data, cpu, name); \
	if (!IS_ERR(_t))						\
		wake_up_process(_t);					\
	_t; })
#define get_task_struct(t)	((void)(t))
#define put_task_struct(t)	((void)(t))

#endif /* _SHIM_LINUX_KTHREAD_H */
