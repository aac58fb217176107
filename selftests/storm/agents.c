// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Who works on the slots: tasks, and timers that go off in hard interrupts. */
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "storm.h"

#define MAX_TASKS	16
#define NR_TIMERS	4

/* A timer's own interrupt, and the softirq that it asks for. */
struct storm_timer {
	struct hrtimer timer;
	struct tasklet_struct tasklet;
	struct storm_agent irq;
	struct storm_agent softirq;
};

static struct task_struct *tasks[MAX_TASKS];
static struct storm_agent task_agents[MAX_TASKS];
static struct storm_timer timers[NR_TIMERS];

/*
 * None of them has the kernel kill a process for more memory; pressure.c sees
 * to it that there is none.
 */
static const gfp_t task_gfp[] = {
	GFP_KERNEL | __GFP_RETRY_MAYFAIL, GFP_KERNEL | __GFP_NORETRY,
	GFP_KERNEL | __GFP_NORETRY | __GFP_ZERO, GFP_NOFS | __GFP_NORETRY,
	GFP_NOIO | __GFP_NORETRY, GFP_NOWAIT, GFP_ATOMIC,
};

static const gfp_t irq_gfp[] = { GFP_ATOMIC, GFP_NOWAIT, GFP_ATOMIC | __GFP_ZERO };

/* Faults are injected into tasks that say so. */
static void let_fail(void)
{
#ifdef CONFIG_FAULT_INJECTION
	current->make_it_fail = 1;
#endif
}

static int task_fn(void *arg)
{
	struct storm_agent *a = arg;

	let_fail();
	while (!kthread_should_stop()) {
		storm_step(a);
		cond_resched();
	}
	return 0;
}

static enum hrtimer_restart timer_fires(struct hrtimer *timer)
{
	struct storm_timer *t = container_of(timer, struct storm_timer, timer);

	storm_step(&t->irq);
	tasklet_schedule(&t->tasklet);
	hrtimer_forward_now(timer, ns_to_ktime(200000 + storm_random(&t->irq, 1800000)));
	return HRTIMER_RESTART;
}

static void softirq_fires(struct tasklet_struct *tasklet)
{
	struct storm_timer *t = container_of(tasklet, struct storm_timer, tasklet);

	storm_step(&t->softirq);
}

static void agent_of_irq(struct storm_agent *a, unsigned int number)
{
	storm_agent_init(a, number);
	a->gfp = irq_gfp;
	a->nr_gfp = ARRAY_SIZE(irq_gfp);
	a->size_max = 2000;
}

static void timers_start(void)
{
	unsigned int n;

	for (n = 0; n < NR_TIMERS; n++) {
		struct storm_timer *t = &timers[n];

		agent_of_irq(&t->irq, 100 + n);
		agent_of_irq(&t->softirq, 200 + n);
		tasklet_setup(&t->tasklet, softirq_fires);
		hrtimer_init(&t->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
		t->timer.function = timer_fires;
		hrtimer_start(&t->timer, ms_to_ktime(1), HRTIMER_MODE_REL);
	}
}

static int task_start(unsigned int n)
{
	struct storm_agent *a = &task_agents[n];
	struct task_struct *task;

	storm_agent_init(a, n);
	a->gfp = task_gfp;
	a->nr_gfp = ARRAY_SIZE(task_gfp);
	a->size_max = 20000;
	task = kthread_run(task_fn, a, "storm/%u", n);
	if (IS_ERR(task))
		return PTR_ERR(task);
	tasks[n] = task;
	return 0;
}

int storm_agents_start(unsigned int nr)
{
	unsigned int n;
	int err = 0;

	if (nr > MAX_TASKS)
		return -EINVAL;
	timers_start();
	for (n = 0; n < nr && !err; n++)
		err = task_start(n);
	if (err)
		storm_agents_stop();
	return err;
}

/* Tasks first: one may be waiting for what an interrupt frees. */
void storm_agents_stop(void)
{
	unsigned int n;

	for (n = 0; n < MAX_TASKS && tasks[n]; n++) {
		kthread_stop(tasks[n]);
		tasks[n] = NULL;
	}
	for (n = 0; n < NR_TIMERS; n++) {
		hrtimer_cancel(&timers[n].timer);
		tasklet_kill(&timers[n].tasklet);
	}
}
