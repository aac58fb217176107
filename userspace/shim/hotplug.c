// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Slots that come and go, to who asked to be told; which slot is on which node. */
#include <linux/cpuhotplug.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/smp.h>
#include "shim_internal.h"

#define SHIM_CALLBACKS	8

struct shim_callback {
	int (*startup)(unsigned int cpu);
	int (*teardown)(unsigned int cpu);
	bool used;
};

struct cpumask __cpu_possible_mask, __cpu_online_mask;
struct mutex shim_cpu_lock;
static struct shim_callback shim_callbacks[SHIM_CALLBACKS];
static int shim_cpu_nodes[NR_CPUS];	/* each of its own, once it is online */

void cpus_read_lock(void)
{
	if (!shim_task.cpus_read++)
		mutex_lock(&shim_cpu_lock);
}

void cpus_read_unlock(void)
{
	if (!--shim_task.cpus_read)
		mutex_unlock(&shim_cpu_lock);
}

int shim_call_startups(unsigned int cpu)
{
	int i, err;

	for (i = 0; i < SHIM_CALLBACKS; i++) {
		if (!shim_callbacks[i].used || !shim_callbacks[i].startup)
			continue;
		err = shim_callbacks[i].startup(cpu);
		if (!err)
			continue;
		while (i--)
			if (shim_callbacks[i].used && shim_callbacks[i].teardown)
				shim_callbacks[i].teardown(cpu);
		return err;
	}
	return 0;
}

void shim_call_teardowns(unsigned int cpu)
{
	int i;

	for (i = SHIM_CALLBACKS; i--;)
		if (shim_callbacks[i].used && shim_callbacks[i].teardown)
			shim_callbacks[i].teardown(cpu);
}

int shim_cpuhp_setup(bool call, int (*startup)(unsigned int cpu),
		     int (*teardown)(unsigned int cpu))
{
	unsigned int cpu, done;
	int i, err = 0;

	shim_boot();
	cpus_read_lock();
	for (i = 0; i < SHIM_CALLBACKS && shim_callbacks[i].used; i++)
		;
	if (i == SHIM_CALLBACKS) {
		cpus_read_unlock();
		return -ENOSPC;
	}
	if (call && startup) {
		for_each_online_cpu(cpu) {
			err = startup(cpu);
			if (err)
				break;
		}
		if (err && teardown)
			for_each_online_cpu(done) {
				if (done == cpu)
					break;
				teardown(done);
			}
	}
	if (!err)
		shim_callbacks[i] = (struct shim_callback){ startup, teardown, true };
	cpus_read_unlock();
	return err ? err : i + 1;
}

void shim_cpuhp_remove(int state, bool call)
{
	struct shim_callback *cb = &shim_callbacks[state - 1];
	unsigned int cpu;

	cpus_read_lock();
	if (call && cb->teardown)
		for_each_online_cpu(cpu)
			cb->teardown(cpu);
	*cb = (struct shim_callback){ 0 };
	cpus_read_unlock();
}

int cpu_to_node(unsigned int cpu)
{
	return READ_ONCE(shim_cpu_nodes[cpu]);
}

void shim_cpu_set_node(unsigned int cpu, int node)
{
	WRITE_ONCE(shim_cpu_nodes[cpu], node);
}

int numa_node_id(void)
{
	return cpu_to_node(raw_smp_processor_id());
}

void shim_hotplug_boot(void)
{
	unsigned int cpu;

	if (shim_nr_nodes > 1)
		cpumask_setall(&__cpu_possible_mask);
	cpumask_set_cpu(0, &__cpu_possible_mask);
	for (cpu = 0; cpu < NR_CPUS; cpu++)
		shim_cpu_nodes[cpu] = shim_fixed_node(cpu);
}
