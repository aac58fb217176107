// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Threads as CPUs: slots, borrowing, hotplug, fork.  See shim/task.h. */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <compat/work.h>
#include <shim/shim.h>
#include <zmem/cpu.h>
#include "shim_internal.h"

#define SHIM_CALLBACKS	8

/**
 * struct shim_cpu - a slot
 * @task: its owner, NULL before it is online and after
 * @node: where the owner ran when it took the slot; the slot stays there
 *
 * All under shim_cpu_lock; @node is read by anyone once the CPU is online.
 */
struct shim_cpu {
	struct shim_task *task;
	int node;
};

struct shim_callback {
	int (*startup)(unsigned int cpu);
	int (*teardown)(unsigned int cpu);
	bool used;
};

__thread struct shim_task shim_task;
static __thread int shim_wish_node = -1;
static __thread int shim_wish_cpu = -1;

struct cpumask __cpu_possible_mask, __cpu_online_mask;
static struct cpumask shim_taken_mask;	/* online, coming or dying; and 0 */
static struct shim_cpu shim_cpus[NR_CPUS];
static struct shim_callback shim_callbacks[SHIM_CALLBACKS];
static DEFINE_MUTEX(shim_cpu_lock);
static u32 shim_free_slots = SHIM_NR_CPUS;
static pthread_key_t shim_exit_key;

/* Fork: see linux/lock.h. */
static struct shim_lock shim_fork_lock;
u32 shim_forking;
u32 shim_anonymous_held;
static u32 shim_forker;

static unsigned long shim_unit(unsigned int cpu)
{
	return (unsigned long)cpu << SHIM_UNIT_SHIFT;
}

u32 shim_task_new_id(void)
{
	static u32 last;

	return shim_task.id = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

/*
 * Without the system call (before Linux 4.14), taking a right away from a
 * page that this process has touched interrupts every CPU that runs it.
 */
void shim_membarrier(void)
{
	static char page[2 * 4096] __aligned(4096);

	smp_mb();
	if (!syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
		return;
	if (!syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) &&
	    !syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
		return;
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
	__atomic_fetch_add(page, 1, __ATOMIC_SEQ_CST);
	mprotect(page, 4096, PROT_READ);
}

void shim_futex_wait(u32 *word, u32 val)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, val, NULL, NULL, 0);
}

void shim_futex_wake(u32 *word, int nr)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, nr, NULL, NULL, 0);
}

void shim_lock_wait(struct shim_lock *lock)
{
	int spins;

	if (READ_ONCE(lock->owner) == shim_task_id())
		shim_bug(__FILE__, __LINE__, "deadlock: this thread holds lock %p\n", lock);
	for (spins = 0; spins < 128; spins++) {
		if (!READ_ONCE(lock->word) && shim_lock_try(lock))
			return;
		cpu_relax();
	}
	/* From here on the lock says 2: somebody may sleep. */
	while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE))
		shim_futex_wait(&lock->word, 2);
	WRITE_ONCE(lock->owner, shim_task_id());
}

/* The caller has just begun to hold; a fork waits, so it first lets go. */
void shim_hold_wait(void)
{
	struct shim_task *t = &shim_task;

	if (READ_ONCE(shim_forker) == shim_task_id())
		return;
	while (READ_ONCE(shim_forking)) {
		if (!t->cpu)
			__atomic_fetch_sub(&shim_anonymous_held, 1, __ATOMIC_RELEASE);
		smp_store_release(&t->held, 0);
		shim_futex_wait(&shim_forking, 1);
		__atomic_store_n(&t->held, 1, __ATOMIC_SEQ_CST);
		if (!t->cpu)
			__atomic_fetch_add(&shim_anonymous_held, 1, __ATOMIC_SEQ_CST);
		barrier();
	}
}

/* Until the thread is somewhere where another may act for its CPU. */
static void shim_wait_quiet(struct shim_task *t)
{
	while (smp_load_acquire(&t->busy) || smp_load_acquire(&t->preempt))
		sched_yield();
}

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
		struct shim_task *owner = shim_cpus[cpu].task;

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

static int shim_call_startups(unsigned int cpu)
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

static void shim_call_teardowns(unsigned int cpu)
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
	return READ_ONCE(shim_cpus[cpu].node);
}

int numa_node_id(void)
{
	return cpu_to_node(shim_task.cpu);
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
	WRITE_ONCE(shim_cpus[cpu].node, shim_slot_node(cpu));
	cpumask_set_cpu(cpu, &__cpu_possible_mask);
	if (shim_call_startups(cpu))
		return false;
	cpumask_set_cpu(cpu, &shim_taken_mask);
	WRITE_ONCE(shim_free_slots, shim_free_slots - 1);
	shim_cpus[cpu].task = t;
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
	shim_cpus[cpu].task = NULL;
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

/* True once no other thread holds a lock, with shim_cpu_lock taken. */
static bool shim_fork_try(struct shim_task *self)
{
	unsigned int cpu;

	shim_lock_acquire(&shim_cpu_lock.lock);
	if (smp_load_acquire(&shim_anonymous_held))
		goto no;
	for_each_online_cpu(cpu) {
		struct shim_task *t = shim_cpus[cpu].task;

		if (t != self && smp_load_acquire(&t->held))
			goto no;
	}
	return true;
no:
	shim_lock_release(&shim_cpu_lock.lock);
	return false;
}

static void shim_fork_prepare(void)
{
	struct shim_task *self = &shim_task;
	unsigned int cpu;

	WARN_ON(self->held || self->busy);
	shim_lock_acquire(&shim_fork_lock);
	WRITE_ONCE(shim_forker, shim_task_id());
	__atomic_store_n(&shim_forking, 1, __ATOMIC_SEQ_CST);
	shim_membarrier();
	while (!shim_fork_try(self))
		sched_yield();
	for_each_online_cpu(cpu)
		if (shim_cpus[cpu].task != self)
			__atomic_store_n(&shim_cpus[cpu].task->off, 0, __ATOMIC_RELAXED);
	shim_membarrier();
	for_each_online_cpu(cpu)
		if (shim_cpus[cpu].task != self)
			shim_wait_quiet(shim_cpus[cpu].task);
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
	unsigned int cpu;

	for_each_online_cpu(cpu)
		smp_store_release(&shim_cpus[cpu].task->off, shim_unit(cpu));
	shim_fork_done();
}

/* All other threads are gone: their CPUs died. */
static void shim_fork_child(void)
{
	struct shim_task *self = &shim_task;
	unsigned int cpu;

	shim_fork_done();
	shim_rcu_fork_child();
	shim_work_fork_child();
	mutex_lock(&shim_cpu_lock);
	for_each_online_cpu(cpu)
		if (shim_cpus[cpu].task != self)
			shim_cpu_dead(cpu);
	mutex_unlock(&shim_cpu_lock);
}

void shim_task_boot(void)
{
	unsigned int cpu;

	if (shim_nr_nodes > 1)
		cpumask_setall(&__cpu_possible_mask);
	cpumask_set_cpu(0, &__cpu_possible_mask);
	cpumask_set_cpu(0, &shim_taken_mask);
	for (cpu = 0; cpu < NR_CPUS; cpu++)
		shim_cpus[cpu].node = shim_fixed_node(cpu);
	if (pthread_key_create(&shim_exit_key, shim_task_exit))
		shim_bug(__FILE__, __LINE__, "no thread key\n");
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

/* Not from shim_boot(), which may run inside malloc(): this may call it. */
static void __attribute__((constructor(101))) shim_task_ctor(void)
{
	shim_boot();
	pthread_atfork(shim_fork_prepare, shim_fork_parent, shim_fork_child);
}
