// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The shim's CPUs: slots, who borrows one, signals, fork. */
#include <pthread.h>
#include <stdlib.h>
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <compat/work.h>
#include <shim/shim.h>
#include <zmem/cpu.h>
#include "contest.h"
#include "shim_child.h"

/* More than there are slots. */
#define CROWD	(SHIM_NR_CPUS + 44)

struct crowd {
	struct kunit *test;
	unsigned long *counter;		/* per CPU */
	struct completion go;
	atomic_t ready;
	atomic_t with_slot;
	struct cpumask seen;
};

static void *crowd_member(void *data)
{
	struct crowd *c = data;
	unsigned int cpu;
	int i;

	while (!zmem_slot_get() && cpumask_weight(cpu_online_mask) < SHIM_NR_CPUS)
		sched_yield();
	cpu = smp_processor_id();
	if (cpu) {
		atomic_inc(&c->with_slot);
		KUNIT_EXPECT_FALSE(c->test, test_and_set_bit(cpu, cpumask_bits(&c->seen)));
		KUNIT_EXPECT_PTR_EQ(c->test, this_cpu_ptr(c->counter),
				    per_cpu_ptr(c->counter, cpu));
	}
	atomic_inc(&c->ready);
	wait_for_completion(&c->go);
	for (i = 0; i < 100; i++)
		this_cpu_inc(*c->counter);
	return NULL;
}

static void slots_crowd_test(struct kunit *test)
{
	struct crowd *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	unsigned int online, cpu, want;
	pthread_t threads[CROWD];
	unsigned long sum = 0;
	int i;

	zmem_slot_get();
	online = num_online_cpus();
	want = min(CROWD, (int)(SHIM_NR_CPUS - online));
	c->test = test;
	c->counter = alloc_percpu(unsigned long);
	init_completion(&c->go);
	for (i = 0; i < CROWD; i++)
		KUNIT_ASSERT_EQ(test, pthread_create(&threads[i], NULL, crowd_member, c), 0);
	while (atomic_read(&c->ready) < CROWD)
		msleep(1);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->with_slot), want);
	KUNIT_EXPECT_EQ(test, num_online_cpus(), online + want);
	complete_all(&c->go);
	for (i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	KUNIT_EXPECT_EQ(test, num_online_cpus(), online);
	for_each_possible_cpu(cpu)
		sum += *per_cpu_ptr(c->counter, cpu);
	KUNIT_EXPECT_EQ(test, sum, CROWD * 100);
	free_percpu(c->counter);

	c->counter = alloc_percpu(unsigned long);
	for_each_possible_cpu(cpu)
		KUNIT_EXPECT_EQ(test, *per_cpu_ptr(c->counter, cpu), 0);
	free_percpu(c->counter);
}

static void percpu_test(struct kunit *test)
{
	char *a = __alloc_percpu(100, 64), *b = __alloc_percpu(5000, PAGE_SIZE);
	char *huge = __alloc_percpu(3UL << SHIM_UNIT_SHIFT, 64);

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_NULL(test, huge);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)a, 64));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)per_cpu_ptr(b, 3), PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, a + 100 <= b || b + 5000 <= a);
	free_percpu(a);
	free_percpu(b);
	free_percpu(NULL);
}

static atomic_t ups, downs;
static atomic_t last_down;

static int came_up(unsigned int cpu)
{
	atomic_inc(&ups);
	return 0;
}

static int went_down(unsigned int cpu)
{
	atomic_inc(&downs);
	atomic_set(&last_down, cpu);
	return 0;
}

static int report_cpu(void *data)
{
	*(unsigned int *)data = smp_processor_id();
	return 7;
}

static void hotplug_test(struct kunit *test)
{
	struct task_struct *t;
	unsigned int cpu = 0;
	int state;

	zmem_slot_get();
	atomic_set(&ups, 0);
	atomic_set(&downs, 0);
	state = cpuhp_setup_state(CPUHP_BP_PREPARE_DYN, "shim:test", came_up, went_down);
	KUNIT_ASSERT_GT(test, state, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ups), num_online_cpus());
	t = kthread_run(report_cpu, &cpu, "reporter");
	KUNIT_EXPECT_EQ(test, kthread_stop(t), 7);
	KUNIT_EXPECT_NE(test, cpu, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&downs), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&last_down), cpu);
	KUNIT_EXPECT_FALSE(test, cpu_online(cpu));
	cpuhp_remove_state_nocalls(state);

	t = kthread_run_on_cpu(report_cpu, &cpu, 20, "reporter/%u");
	kthread_stop(t);
	KUNIT_EXPECT_EQ(test, cpu, 20);
	t = kthread_create_on_node(report_cpu, &cpu, nr_node_ids - 1, "reporter");
	wake_up_process(t);
	kthread_stop(t);
	KUNIT_EXPECT_EQ(test, cpu_to_node(cpu), nr_node_ids - 1);
}

static int contest_owner(void *data)
{
	struct contest *c = data;
	unsigned long n = 0;

	while (!READ_ONCE(c->stop)) {
		struct zmem_cpu *zc = zmem_cpu_enter(c->pc);

		if (!zc) {
			zmem_cpu_poll();
			/* Valgrind switches threads at the same place of a loop each time. */
			sched_yield();
			continue;
		}
		contest_touch(c, zc, false);
		zmem_cpu_exit(zc);
		n++;
	}
	__atomic_fetch_add(&c->entered, n, __ATOMIC_RELAXED);
	return 0;
}

static void borrow_test(struct kunit *test)
{
	struct contest c = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	unsigned int own, online, i;
	struct task_struct *owners[3];
	int round;

	zmem_slot_get();
	own = smp_processor_id();
	online = num_online_cpus();
	for (i = 0; i < 3; i++)
		owners[i] = kthread_run(contest_owner, &c, "owner/%u", i);
	while (num_online_cpus() < online + 3)
		msleep(1);
	for (round = 0; round < ROUNDS(400); round++)
		zmem_on_each_cpu(contest_visit, &c, NULL);
	WRITE_ONCE(c.stop, true);
	for (i = 0; i < 3; i++)
		kthread_stop(owners[i]);
	KUNIT_EXPECT_EQ(test, smp_processor_id(), own);
	KUNIT_EXPECT_GT(test, c.entered, 0);
	KUNIT_EXPECT_EQ(test, contest_sum(&c), c.entered + c.visits);
	free_percpu(c.pc);
}

static int sleeper(void *data)
{
	char c;

	return read(*(int *)data, &c, 1) == 1 ? 0 : -EIO;
}

static void count_visit(void *data)
{
	atomic_inc(data);
}

/* A thread that sleeps in a system call keeps nobody waiting. */
static void borrow_sleeper_test(struct kunit *test)
{
	atomic_t visits = ATOMIC_INIT(0);
	unsigned int online;
	struct task_struct *t;
	struct cpumask mask;
	int fds[2];

	zmem_slot_get();
	online = num_online_cpus();
	KUNIT_ASSERT_EQ(test, pipe(fds), 0);
	t = kthread_run(sleeper, &fds[0], "sleeper");
	while (num_online_cpus() == online)
		msleep(1);
	zmem_on_each_cpu(count_visit, &visits, NULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&visits), online + 1);
	cpumask_clear(&mask);
	cpumask_set_cpu(smp_processor_id(), &mask);
	cpumask_set_cpu(0, &mask);
	zmem_on_each_cpu(count_visit, &visits, &mask);
	KUNIT_EXPECT_EQ(test, atomic_read(&visits), online + 2);
	KUNIT_EXPECT_EQ(test, write(fds[1], "x", 1), 1);
	KUNIT_EXPECT_EQ(test, kthread_stop(t), 0);
	close(fds[0]);
	close(fds[1]);
}

/* Many ask at once, while threads come and go. */
static int asker(void *data)
{
	struct contest *c = data;
	atomic_t visits = ATOMIC_INIT(0);
	int i;

	for (i = 0; i < ROUNDS(200); i++)
		zmem_on_each_cpu(count_visit, &visits, NULL);
	KUNIT_EXPECT_GE(c->test, atomic_read(&visits), ROUNDS(200));
	return 0;
}

static void borrow_churn_test(struct kunit *test)
{
	struct contest c = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	struct task_struct *askers[3], *t;
	unsigned int cpu;
	int i;

	for (i = 0; i < 3; i++)
		askers[i] = kthread_run(asker, &c, "asker/%d", i);
	for (i = 0; i < ROUNDS(200); i++) {
		t = kthread_run(report_cpu, &cpu, "passer-by");
		kthread_stop(t);
	}
	for (i = 0; i < 3; i++)
		kthread_stop(askers[i]);
	free_percpu(c.pc);
}

static void signal_test(struct kunit *test)
{
	struct contest c = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	u64 end = ktime_get_ns() + 300 * NSEC_PER_MSEC;
	unsigned long n = 0;

	zmem_slot_get();
	contest_ticks_begin(&c);
	while (ktime_get_ns() < end) {
		struct zmem_cpu *zc = zmem_cpu_enter(c.pc);
		int i;

		if (!zc) {
			KUNIT_FAIL(test, "busy after an interrupt");
			break;
		}
		for (i = 0; i < 200; i++)
			contest_touch(&c, zc, false);
		zmem_cpu_exit(zc);
		n += 200;
	}
	contest_ticks_end(&c, n);
	KUNIT_EXPECT_GT(test, tick_entered + tick_refused, 0);
	free_percpu(c.pc);
}

/* ---- fork ---- */

static DEFINE_SPINLOCK(fork_spin);
static DEFINE_MUTEX(fork_mutex);
static bool fork_stop;

/* Holds locks nearly always. */
static int fork_neighbour(void *data)
{
	struct contest *c = data;

	while (!READ_ONCE(fork_stop)) {
		struct zmem_cpu *zc;

		mutex_lock(&fork_mutex);
		spin_lock(&fork_spin);
		spin_unlock(&fork_spin);
		__free_page(alloc_page(GFP_KERNEL));
		kfree(kmalloc(100, GFP_KERNEL));
		mutex_unlock(&fork_mutex);
		zc = zmem_cpu_enter(c->pc);
		if (zc) {
			contest_touch(c, zc, false);
			zmem_cpu_exit(zc);
		}
	}
	return 0;
}

static void fork_child(void *data)
{
	struct contest *c = data;
	atomic_t visits = ATOMIC_INIT(0);
	unsigned int cpu;

	if (num_online_cpus() != 1 || !cpu_online(smp_processor_id()))
		_exit(1);
	if (atomic_read(&downs) < 3)
		_exit(2);
	mutex_lock(&fork_mutex);
	spin_lock(&fork_spin);
	__free_page(alloc_page(GFP_KERNEL));
	kfree(kmalloc(100, GFP_KERNEL));
	spin_unlock(&fork_spin);
	mutex_unlock(&fork_mutex);
	for_each_possible_cpu(cpu)
		if (contest_torn(per_cpu_ptr(c->pc, cpu)))
			_exit(3);
	zmem_on_each_cpu(count_visit, &visits, NULL);
	if (atomic_read(&visits) != 1)
		_exit(4);
	if (!zmem_cpu_enter(c->pc))
		_exit(5);
}

static void fork_test(struct kunit *test)
{
	struct contest c = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	struct task_struct *t[3];
	unsigned int online;
	int i, state;

	zmem_slot_get();
	online = num_online_cpus();
	atomic_set(&downs, 0);
	WRITE_ONCE(fork_stop, false);
	state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "shim:fork", NULL, went_down);
	for (i = 0; i < 3; i++)
		t[i] = kthread_run(fork_neighbour, &c, "neighbour/%d", i);
	while (num_online_cpus() < online + 3)
		msleep(1);
	for (i = 0; i < ROUNDS(100) + 1; i++)
		KUNIT_EXPECT_TRUE(test, child_survives(fork_child, &c));
	WRITE_ONCE(fork_stop, true);
	for (i = 0; i < 3; i++)
		kthread_stop(t[i]);
	cpuhp_remove_state_nocalls(state);
	free_percpu(c.pc);
}

static struct kunit_case cpu_cases[] = {
	KUNIT_CASE(percpu_test),
	KUNIT_CASE(slots_crowd_test),
	KUNIT_CASE(hotplug_test),
	KUNIT_CASE(borrow_test),
	KUNIT_CASE(borrow_sleeper_test),
	KUNIT_CASE(borrow_churn_test),
	KUNIT_CASE(signal_test),
	KUNIT_CASE(fork_test),
	{}
};

static struct kunit_suite cpu_suite = {
	.name = "shim_cpus",
	.test_cases = cpu_cases,
};

kunit_test_suite(cpu_suite);
