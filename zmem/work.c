// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Work that each CPU does on its own magazines. */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <compat/work.h>

#include "main.h"

/* One caller at a time: the work items are there once. */
static DEFINE_MUTEX(each_lock);
static DEFINE_PER_CPU(struct work_struct, each_work);
static void (*each_fn)(void *arg);
static void *each_arg;

static void each_cpu(struct work_struct *work)
{
	each_fn(each_arg);
}

/**
 * zmem_on_each_cpu() - have each CPU run a function, and wait
 * @fn: run once on each online CPU, in task context; it never finds that
 *	CPU's magazines busy, as busy implies preemption off
 * @arg: passed to @fn
 * @mask: of CPUs, or NULL for all
 *
 * Not schedule_on_each_cpu(), which knows no mask and allocates.
 *
 * Context: may sleep; zmem_caches_lock is not held.
 */
void zmem_on_each_cpu(void (*fn)(void *arg), void *arg, const struct cpumask *mask)
{
	int cpu;

	mutex_lock(&each_lock);
	cpus_read_lock();
	each_fn = fn;
	each_arg = arg;
	for_each_online_cpu(cpu) {
		if (mask && !cpumask_test_cpu(cpu, mask))
			continue;
		INIT_WORK(per_cpu_ptr(&each_work, cpu), each_cpu);
		queue_work_on(cpu, zmem_percpu_wq, per_cpu_ptr(&each_work, cpu));
	}
	for_each_online_cpu(cpu)
		if (!mask || cpumask_test_cpu(cpu, mask))
			flush_work(per_cpu_ptr(&each_work, cpu));
	cpus_read_unlock();
	mutex_unlock(&each_lock);
}
