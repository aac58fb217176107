/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Threads and a visitor on the same words of each CPU.  No atomics, no lock: if
 * a slot were not exclusive, a sum or TSan would tell.
 */
#ifndef _TESTS_CONTEST_H
#define _TESTS_CONTEST_H

#include <sched.h>
#include <signal.h>
#include <sys/time.h>
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <zmem/cpu.h>

struct contest {
	struct kunit *test;
	struct zmem_cpu *pc;
	bool stop;
	unsigned long entered;		/* sum of what the threads did */
	unsigned long visits;		/* what the visitor did */
};

/* Two words that are written together, and so are equal. */
static inline bool contest_torn(const struct zmem_cpu *zc)
{
	return zc->allocs != (unsigned long)zc->next;
}

/* With a pause, others run while one is in the middle of it. */
static inline void contest_touch(struct contest *c, struct zmem_cpu *zc, bool pause)
{
	unsigned long v = zc->allocs;

	if (contest_torn(zc))
		KUNIT_FAIL(c->test, "somebody else was here");
	if (pause)
		sched_yield();
	zc->allocs = v + 1;
	barrier();
	zc->next = (void *)(v + 1);
}

static inline void contest_visit(void *data)
{
	struct contest *c = data;
	struct zmem_cpu *zc = zmem_cpu_enter(c->pc);

	if (!zc) {
		KUNIT_FAIL(c->test, "busy in a work");
		return;
	}
	contest_touch(c, zc, false);
	zmem_cpu_exit(zc);
	c->visits++;
}

static inline unsigned long contest_sum(struct contest *c)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(c->pc, cpu)->allocs;
	return sum;
}

/* Interrupts, that is: signals. */
static struct contest *tick_contest;
static volatile unsigned long tick_entered, tick_refused;

static void tick(int sig)
{
	struct zmem_cpu *zc = zmem_cpu_enter(tick_contest->pc);

	if (!zc) {
		tick_refused++;
		return;
	}
	contest_touch(tick_contest, zc, false);
	zmem_cpu_exit(zc);
	tick_entered++;
}

static inline void contest_ticks_begin(struct contest *c)
{
	struct itimerval every = { { 0, 100 }, { 0, 100 } };

	tick_contest = c;
	tick_entered = 0;
	tick_refused = 0;
	signal(SIGALRM, tick);
	setitimer(ITIMER_REAL, &every, NULL);
}

/* @n: what the caller did meanwhile. */
static inline void contest_ticks_end(struct contest *c, unsigned long n)
{
	struct itimerval never = { { 0, 0 }, { 0, 0 } };

	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_IGN);
	kunit_info(c->test, "%lu entered, %lu refused", tick_entered, tick_refused);
	KUNIT_EXPECT_EQ(c->test, contest_sum(c), n + tick_entered);
}

#endif /* _TESTS_CONTEST_H */
