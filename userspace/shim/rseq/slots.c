// SPDX-License-Identifier: GPL-2.0 OR MIT
/* CPUs as CPUs: slots that threads hold for a moment.  See rseq/shim/slot.h. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/cpuhotplug.h>
#include <linux/membarrier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <compat/work.h>
#include <shim/shim.h>
#include <zmem/cpu.h>
#include "shim_internal.h"

struct shim_held shim_held[SHIM_NR_CPUS + 1];
u32 shim_slots_open, shim_slots_max;
static u32 shim_slots_known;	/* the highest that came online */

static bool shim_restart_register(void)
{
	return !syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0);
}

/* A forked child may have to register anew. */
static void shim_restart_all(void)
{
	smp_mb();
	if (!syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0))
		return;
	if (!shim_restart_register() ||
	    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0))
		shim_bug(__FILE__, __LINE__, "cannot restart sequences\n");
}

/* Until nobody else holds a slot; a signal handler's own thread may. */
static void shim_wait_quiet(const struct shim_slot *slot)
{
	void *owner;

	for (;;) {
		owner = smp_load_acquire(&slot->owner);
		if (!owner || owner == __builtin_thread_pointer())
			return;
		sched_yield();
	}
}

void shim_slots_stop(void)
{
	u32 cpu;

	if (!shim_slots_known)
		return;
	WRITE_ONCE(shim_slots_open, 0);
	shim_restart_all();
	for (cpu = 1; cpu <= shim_slots_known; cpu++)
		shim_wait_quiet(shim_slot(cpu));
}

void shim_slots_start(void)
{
	smp_store_release(&shim_slots_open, shim_slots_known);
}

void shim_slots_forget_held(void)
{
	memset(shim_held, 0, sizeof(shim_held));
}

/* No slot was busy, and none is anybody's. */
void shim_slots_fork_child(void)
{
	shim_slots_start();
}

bool shim_slots_held(void)
{
	u32 cpu;

	for (cpu = 0; cpu <= SHIM_NR_CPUS; cpu++)
		if (smp_load_acquire(&shim_held[cpu].threads))
			return true;
	return false;
}

bool shim_slot_held(void)
{
	u32 cpu;

	for (cpu = 1; cpu <= READ_ONCE(shim_slots_known); cpu++)
		if (READ_ONCE(shim_slot(cpu)->owner) == __builtin_thread_pointer())
			return true;
	return false;
}

void zmem_on_each_cpu(void (*fn)(void *arg), void *arg, const struct cpumask *mask)
{
	struct shim_task *t = &shim_task;
	unsigned int cpu;

	might_sleep();
	if (WARN_ON_ONCE(t->cpu))
		return;
	cpus_read_lock();
	shim_slots_stop();
	for_each_online_cpu(cpu) {
		if (mask && !cpumask_test_cpu(cpu, mask))
			continue;
		t->cpu = cpu;
		barrier();
		fn(arg);
	}
	barrier();
	t->cpu = 0;
	shim_slots_start();
	cpus_read_unlock();
}

/* Not under any lock: callbacks take some. */
static bool shim_slot_wanted(u32 cpu)
{
	return cpu && !shim_task.held && preemptible() && !READ_ONCE(shim_slot(cpu)->online);
}

/* With shim_cpu_lock. */
static bool shim_slot_take(u32 cpu)
{
	if (shim_slot(cpu)->online)
		return false;
	shim_cpu_set_node(cpu, shim_slot_node(cpu));
	cpumask_set_cpu(cpu, &__cpu_possible_mask);
	if (shim_call_startups(cpu))
		return false;
	cpumask_set_cpu(cpu, &__cpu_online_mask);
	smp_store_release(&shim_slot(cpu)->online, true);
	WRITE_ONCE(shim_slots_known, max(shim_slots_known, cpu));
	shim_slots_start();
	return true;
}

bool zmem_slot_get(void)
{
	bool ok;
	u32 cpu;

	shim_boot();
	cpu = shim_slot_here();
	if (!shim_slot_wanted(cpu) || !mutex_trylock(&shim_cpu_lock))
		return false;
	ok = shim_slot_take(cpu);
	mutex_unlock(&shim_cpu_lock);
	return ok;
}

void shim_slot_wait(void)
{
	u32 cpu;

	shim_boot();
	cpu = shim_slot_here();
	if (!shim_slot_wanted(cpu))
		return;
	mutex_lock(&shim_cpu_lock);
	shim_slot_take(cpu);
	mutex_unlock(&shim_cpu_lock);
}

int shim_slot_bind(const struct cpumask *mask)
{
	unsigned int slot;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	for_each_cpu(slot, mask)
		CPU_SET(slot ? slot - 1 : sched_getcpu(), &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) ? -EINVAL : 0;
}

/* A wish: the CPU may not be there, or not be allowed. */
void shim_prefer_cpu(int cpu)
{
	if (cpu > 0)
		shim_slot_bind(cpumask_of(cpu));
}

/* Only threads have nodes to choose from: a CPU has the one that it is on. */
void shim_prefer_node(int node)
{
}

void shim_slots_boot(void)
{
	BUILD_BUG_ON(sizeof(struct shim_slot) > SHIM_SLOT_BYTES);
	BUG_ON(shim_units % (1UL << SHIM_UNIT_SHIFT));
	if (shim_restart_register())
		shim_slots_max = SHIM_NR_CPUS;
}
