// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Slots of CPUs, by restartable sequences: who holds one holds it alone. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <compat/work.h>
#include <zmem/cpu.h>
#include "contest.h"

static cpu_set_t allowed;	/* where this process may run */

/* Where there are no restartable sequences nothing can be held. */
static int rseq_init(struct kunit *test)
{
	sched_getaffinity(0, sizeof(allowed), &allowed);
	zmem_slot_get();
	if (!shim_slot_here())
		kunit_skip(test, "no restartable sequences here");
	return 0;
}

static void rseq_exit(struct kunit *test)
{
	sched_setaffinity(0, sizeof(allowed), &allowed);
}

/* Runs this thread on a slot's CPU, and gets that online. */
static void run_on(unsigned int cpu)
{
	shim_slot_bind(cpumask_of(cpu));
	while (shim_slot_cpu() != cpu) {
		zmem_slot_get();
		sched_yield();
	}
}

/* The slot of a CPU that this process may run on, behind that of another; or 0. */
static unsigned int allowed_slot(unsigned int cpu)
{
	for (; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			return cpu + 1;
	return 0;
}

/* Leaves the CPU now and then with the slot held, for another to find it so. */
static int contest_thread(void *data)
{
	struct contest *c = data;
	unsigned long n = 0, tries;

	for (tries = 0; !READ_ONCE(c->stop); tries++) {
		struct zmem_cpu *zc = zmem_cpu_enter(c->pc);

		if (!zc) {
			zmem_cpu_poll();
			sched_yield();
			continue;
		}
		contest_touch(c, zc, tries % 64 == 0);
		zmem_cpu_exit(zc);
		n++;
	}
	__atomic_fetch_add(&c->entered, n, __ATOMIC_RELAXED);
	return 0;
}

static void contest_test(struct kunit *test)
{
	struct contest c = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	struct task_struct *threads[6];
	unsigned int i;
	int round;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = kthread_run(contest_thread, &c, "contest/%u", i);
	for (round = 0; round < 200; round++) {
		zmem_on_each_cpu(contest_visit, &c, NULL);
		usleep(1000);
	}
	WRITE_ONCE(c.stop, true);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		kthread_stop(threads[i]);
	KUNIT_EXPECT_GT(test, c.entered, 0);
	KUNIT_EXPECT_GE(test, c.visits, 200);
	KUNIT_EXPECT_EQ(test, contest_sum(&c), c.entered + c.visits);
	free_percpu(c.pc);
}

/* Enters where it is told to, once; as a thread of its own, to look at others' slots. */
struct probe {
	struct zmem_cpu *pc;
	unsigned int cpu;
	struct zmem_cpu *got;
};

static int probe_thread(void *data)
{
	struct probe *p = data;

	shim_slot_bind(cpumask_of(p->cpu));
	p->got = zmem_cpu_enter(p->pc);
	if (p->got)
		zmem_cpu_exit(p->got);
	return 0;
}

static struct zmem_cpu *probe(struct zmem_cpu *pc, unsigned int cpu)
{
	struct probe p = { .pc = pc, .cpu = cpu };

	kthread_stop(kthread_run(probe_thread, &p, "probe"));
	return p.got;
}

/* Tries until no interruption is in the way. */
static struct zmem_cpu *enter(struct zmem_cpu *pc)
{
	struct zmem_cpu *zc;

	do
		zc = zmem_cpu_enter(pc);
	while (!zc);
	return zc;
}

static struct zmem_cpu *probe_long(struct zmem_cpu *pc, unsigned int cpu)
{
	struct zmem_cpu *zc = NULL;
	int i;

	for (i = 0; i < 1000 && !zc; i++)
		zc = probe(pc, cpu);
	return zc;
}

/* Who holds a slot holds it wherever it goes, and no other one. */
static void migrate_test(struct kunit *test)
{
	struct zmem_cpu *pc = alloc_percpu(struct zmem_cpu), *zc;
	unsigned int a = allowed_slot(0), b = allowed_slot(a);

	if (!b)
		kunit_skip(test, "one CPU");
	run_on(b);
	run_on(a);
	zc = enter(pc);
	KUNIT_EXPECT_PTR_EQ(test, zc, per_cpu_ptr(pc, a));
	KUNIT_EXPECT_TRUE(test, shim_slot_held());
	run_on(b);
	KUNIT_EXPECT_NULL(test, probe(pc, a));
	KUNIT_EXPECT_PTR_EQ(test, probe_long(pc, b), per_cpu_ptr(pc, b));
	zmem_cpu_exit(zc);
	KUNIT_EXPECT_FALSE(test, shim_slot_held());
	KUNIT_EXPECT_PTR_EQ(test, probe_long(pc, a), per_cpu_ptr(pc, a));
	free_percpu(pc);
}

struct visit {
	struct kunit *test;
	struct zmem_cpu *pc;
	unsigned int visits;
};

/* Only the visitor may enter, and only where it is. */
static void closed_visit(void *data)
{
	struct visit *v = data;
	unsigned int cpu = smp_processor_id();
	struct zmem_cpu *zc;

	KUNIT_EXPECT_NULL(v->test, probe(v->pc, cpu));
	zc = zmem_cpu_enter(v->pc);
	KUNIT_EXPECT_PTR_EQ(v->test, zc, per_cpu_ptr(v->pc, cpu));
	KUNIT_EXPECT_NULL(v->test, zmem_cpu_enter(v->pc));
	zmem_cpu_exit(zc);
	v->visits++;
}

static void closed_test(struct kunit *test)
{
	struct visit v = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	struct cpumask mask;

	run_on(allowed_slot(0));
	zmem_on_each_cpu(closed_visit, &v, NULL);
	KUNIT_EXPECT_EQ(test, v.visits, num_online_cpus());
	cpumask_clear(&mask);
	cpumask_set_cpu(0, &mask);
	cpumask_set_cpu(allowed_slot(0), &mask);
	zmem_on_each_cpu(closed_visit, &v, &mask);
	KUNIT_EXPECT_EQ(test, v.visits, num_online_cpus() + 1);
	zmem_cpu_exit(enter(v.pc));
	free_percpu(v.pc);
}

static void signal_test(struct kunit *test)
{
	struct contest c = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	u64 end = ktime_get_ns() + 300 * NSEC_PER_MSEC;
	unsigned long n = 0;

	run_on(allowed_slot(0));
	contest_ticks_begin(&c);
	while (ktime_get_ns() < end) {
		struct zmem_cpu *zc = zmem_cpu_enter(c.pc);
		int i;

		for (i = 0; zc && i < 200; i++, n++)
			contest_touch(&c, zc, false);
		if (zc)
			zmem_cpu_exit(zc);
	}
	contest_ticks_end(&c, n);
	KUNIT_EXPECT_GT(test, tick_refused, 0);
	free_percpu(c.pc);
}

/* ---- fork ---- */

static DEFINE_MUTEX(fork_mutex);

/* Holds the lock or a slot nearly always. */
static int fork_neighbour(void *data)
{
	struct contest *c = data;

	while (!READ_ONCE(c->stop)) {
		struct zmem_cpu *zc;

		mutex_lock(&fork_mutex);
		mutex_unlock(&fork_mutex);
		zc = zmem_cpu_enter(c->pc);
		if (zc) {
			contest_touch(c, zc, true);
			zmem_cpu_exit(zc);
		}
	}
	return 0;
}

static void count_visit(void *data)
{
	atomic_inc(data);
}

/* Every slot is free, every lock, and a child of its own finds it so, too. */
static int fork_child(struct contest *c, int generation)
{
	atomic_t visits = ATOMIC_INIT(0);
	unsigned int cpu;
	int status;
	pid_t pid;

	mutex_lock(&fork_mutex);
	mutex_unlock(&fork_mutex);
	for_each_online_cpu(cpu)
		if (shim_slot(cpu)->owner || contest_torn(per_cpu_ptr(c->pc, cpu)))
			return 1;
	zmem_on_each_cpu(count_visit, &visits, NULL);
	if (atomic_read(&visits) != num_online_cpus())
		return 2;
	zmem_cpu_exit(enter(c->pc));
	if (generation)
		return 0;
	pid = fork();
	if (!pid)
		_exit(fork_child(c, 1));
	return waitpid(pid, &status, 0) != pid || status ? 3 : 0;
}

static void fork_test(struct kunit *test)
{
	struct contest c = { .test = test, .pc = alloc_percpu(struct zmem_cpu) };
	struct task_struct *threads[4];
	int i, status;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = kthread_run(fork_neighbour, &c, "neighbour/%d", i);
	for (i = 0; i < 50; i++) {
		fflush(stdout);
		pid = fork();
		if (!pid)
			_exit(fork_child(&c, 0));
		KUNIT_EXPECT_EQ(test, waitpid(pid, &status, 0), pid);
		KUNIT_EXPECT_EQ(test, status, 0);
	}
	WRITE_ONCE(c.stop, true);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		kthread_stop(threads[i]);
	free_percpu(c.pc);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(contest_test),
	KUNIT_CASE(migrate_test),
	KUNIT_CASE(closed_test),
	KUNIT_CASE(signal_test),
	KUNIT_CASE(fork_test),
	{}
};

static struct kunit_suite suite = {
	.name = "shim_rseq",
	.init = rseq_init,
	.exit = rseq_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
