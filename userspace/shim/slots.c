// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Threads as CPUs: slots that threads own, and how they are borrowed.  See shim/slot.h. */
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/cpuhotplug.h>
#include <linux/membarrier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <compat/work.h>
#include <shim/shim.h>
#include <zmem/cpu.h>
#include "shim_internal.h"

static __thread int shim_wish_node = -1;
static __thread int shim_wish_cpu = -1;

static struct cpumask shim_taken_mask;	/* online, coming or dying; and 0 */
static struct shim_task *shim_owners[NR_CPUS];	/* while online; under shim_cpu_lock */
static u32 shim_free_slots = SHIM_NR_CPUS;
static pthread_key_t shim_exit_key;
u32 shim_anonymous_held;

static unsigned long shim_unit(unsigned int cpu)
{
	return (unsigned long)cpu << SHIM_UNIT_SHIFT;
}

/* Until the thread is somewhere where another may act for its CPU. */
static void shim_wait_quiet(struct shim_task *t)
{
	while (smp_load_acquire(&t->busy) || smp_load_acquire(&t->preempt))
		sched_yield();
}

void zmem_on_each_cpu(void (*fn)(void *arg), void *arg, const struct cpumask *mask)
{
	struct shim_task *t = &shim_task;
	unsigned int cpu, own;

	might_sleep();
	if (WARN_ON_ONCE(t->cpus_read && t->off != shim_unit(t->cpu)))
		return;
	cpus_read_lock();
	own = t->cpu;
	for_each_online_cpu(cpu) {
		struct shim_task *owner = shim_owners[cpu];

		if (mask && !cpumask_test_cpu(cpu, mask))
			continue;
		if (cpu == own) {
			fn(arg);
			continue;
		}
		__atomic_store_n(&owner->off, 0, __ATOMIC_RELAXED);
		shim_membarrier();
		shim_wait_quiet(owner);

		t->cpu = cpu;
		smp_store_release(&t->off, shim_unit(cpu));
		fn(arg);
		t->cpu = own;
		smp_store_release(&t->off, shim_unit(own));
		smp_store_release(&owner->off, shim_unit(cpu));
	}
	cpus_read_unlock();
}

void shim_prefer_node(int node)
{
	shim_wish_node = node;
}

void shim_prefer_cpu(int cpu)
{
	shim_wish_cpu = cpu;
}

/* A free slot: the one wished for, else one on the node wished for, else any. */
static unsigned int shim_pick_slot(void)
{
	unsigned int cpu = shim_wish_cpu;
	int want = shim_wish_node;

	if (cpu - 1 < SHIM_NR_CPUS && !cpumask_test_cpu(cpu, &shim_taken_mask))
		return cpu;
	for_each_clear_bit(cpu, shim_taken_mask.bits, NR_CPUS)
		if (want < 0 || shim_slot_node(cpu) == want)
			return cpu;
	cpu = find_first_zero_bit(shim_taken_mask.bits, NR_CPUS);
	return cpu < NR_CPUS ? cpu : 0;
}

/*
 * Not under any lock: callbacks take some.  Not twice, not when busy (a
 * signal handler), not once the exit has run, for no other follows.
 */
static bool shim_slot_wanted(void)
{
	struct shim_task *t = &shim_task;

	return !t->cpu && !t->gone && !t->held && !t->busy && preemptible() &&
	       READ_ONCE(shim_free_slots);
}

/* With shim_cpu_lock. */
static bool shim_slot_take(void)
{
	struct shim_task *t = &shim_task;
	unsigned int cpu = shim_pick_slot();

	if (!cpu || pthread_setspecific(shim_exit_key, t))
		return false;
	shim_cpu_set_node(cpu, shim_slot_node(cpu));
	cpumask_set_cpu(cpu, &__cpu_possible_mask);
	if (shim_call_startups(cpu))
		return false;
	cpumask_set_cpu(cpu, &shim_taken_mask);
	WRITE_ONCE(shim_free_slots, shim_free_slots - 1);
	shim_owners[cpu] = t;
	/* What this thread holds is counted in its own words from here on. */
	t->cpu = cpu;
	__atomic_fetch_sub(&shim_anonymous_held, 1, __ATOMIC_RELEASE);
	cpumask_set_cpu(cpu, &__cpu_online_mask);
	smp_store_release(&t->off, shim_unit(cpu));
	return true;
}

bool zmem_slot_get(void)
{
	bool ok;

	if (!shim_slot_wanted())
		return false;
	shim_boot();
	if (!mutex_trylock(&shim_cpu_lock))
		return false;
	ok = shim_slot_take();
	mutex_unlock(&shim_cpu_lock);
	return ok;
}

void shim_slot_wait(void)
{
	if (!shim_slot_wanted())
		return;
	shim_boot();
	mutex_lock(&shim_cpu_lock);
	shim_slot_take();
	mutex_unlock(&shim_cpu_lock);
}

static void shim_cpu_dead(unsigned int cpu)
{
	cpumask_clear_cpu(cpu, &__cpu_online_mask);
	shim_owners[cpu] = NULL;
	shim_call_teardowns(cpu);
	cpumask_clear_cpu(cpu, &shim_taken_mask);
	WRITE_ONCE(shim_free_slots, shim_free_slots + 1);
}

/* Frees that come later (other destructors', the C library's) do without. */
static void shim_task_exit(void *arg)
{
	struct shim_task *t = &shim_task;
	unsigned int cpu;

	t->gone = true;
	cpu = t->cpu;
	if (!cpu)
		return;
	mutex_lock(&shim_cpu_lock);
	smp_store_release(&t->off, 0);
	__atomic_fetch_add(&shim_anonymous_held, 1, __ATOMIC_RELAXED);
	t->cpu = 0;
	shim_cpu_dead(cpu);
	mutex_unlock(&shim_cpu_lock);
}

/* Whether another thread holds a lock. */
bool shim_slots_held(void)
{
	unsigned int cpu;

	if (smp_load_acquire(&shim_anonymous_held))
		return true;
	for_each_online_cpu(cpu)
		if (shim_owners[cpu] != &shim_task && smp_load_acquire(&shim_owners[cpu]->held))
			return true;
	return false;
}

void shim_slots_stop(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (shim_owners[cpu] != &shim_task)
			__atomic_store_n(&shim_owners[cpu]->off, 0, __ATOMIC_RELAXED);
	shim_membarrier();
	for_each_online_cpu(cpu)
		if (shim_owners[cpu] != &shim_task)
			shim_wait_quiet(shim_owners[cpu]);
}

void shim_slots_start(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		smp_store_release(&shim_owners[cpu]->off, shim_unit(cpu));
}

void shim_slots_forget_held(void)
{
	shim_anonymous_held = 0;
}

/* All other threads are gone: their CPUs died. */
void shim_slots_fork_child(void)
{
	unsigned int cpu;

	mutex_lock(&shim_cpu_lock);
	for_each_online_cpu(cpu)
		if (shim_owners[cpu] != &shim_task)
			shim_cpu_dead(cpu);
	mutex_unlock(&shim_cpu_lock);
}

void shim_slots_boot(void)
{
	cpumask_set_cpu(0, &shim_taken_mask);
	if (pthread_key_create(&shim_exit_key, shim_task_exit))
		shim_bug(__FILE__, __LINE__, "no thread key\n");
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}
