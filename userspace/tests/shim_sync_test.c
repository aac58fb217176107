// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The shim's locks, threads, deferred work and RCU. */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <compat/work.h>
#include <shim/shim.h>
#include "shim_child.h"

struct shared {
	spinlock_t spin;
	struct mutex mutex;
	unsigned long spun, locked, tried;
};

static int locker(void *data)
{
	struct shared *s = data;
	unsigned long flags, tried = 0;
	int i;

	for (i = 0; i < ROUNDS(20000); i++) {
		spin_lock_irqsave(&s->spin, flags);
		s->spun++;
		spin_unlock_irqrestore(&s->spin, flags);
		mutex_lock(&s->mutex);
		s->locked++;
		mutex_unlock(&s->mutex);
		if (spin_trylock(&s->spin)) {
			s->tried++;
			tried++;
			spin_unlock(&s->spin);
		}
	}
	return tried;
}

static void locks_test(struct kunit *test)
{
	struct shared s = { 0 };
	struct task_struct *t[4];
	unsigned long tried = 0;
	int i;

	spin_lock_init(&s.spin);
	mutex_init(&s.mutex);
	for (i = 0; i < 4; i++)
		t[i] = kthread_run(locker, &s, "locker/%d", i);
	for (i = 0; i < 4; i++)
		tried += kthread_stop(t[i]);
	KUNIT_EXPECT_EQ(test, s.spun, 4 * ROUNDS(20000));
	KUNIT_EXPECT_EQ(test, s.locked, 4 * ROUNDS(20000));
	KUNIT_EXPECT_EQ(test, s.tried, tried);
	KUNIT_EXPECT_EQ(test, preempt_count(), 0);
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
}

static int until_stopped(void *data)
{
	complete(data);
	while (!kthread_should_stop())
		msleep(1);
	return 3;
}

static void threads_test(struct kunit *test)
{
	struct completion c = COMPLETION_INITIALIZER(c);
	struct task_struct *t;

	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&c, 5), 0);
	t = kthread_run(until_stopped, &c, "until-stopped");
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&c, 10 * HZ), 0);
	KUNIT_EXPECT_FALSE(test, completion_done(&c));
	KUNIT_EXPECT_EQ(test, kthread_stop(t), 3);
	t = kthread_create(until_stopped, &c, "never-woken");
	KUNIT_EXPECT_EQ(test, kthread_stop(t), -EINTR);
}

static atomic_t work_runs;
static struct delayed_work late_work;

static void work_fn(struct work_struct *work)
{
	atomic_inc(&work_runs);
}

static void again_fn(struct work_struct *work)
{
	atomic_inc(&work_runs);
	schedule_delayed_work(&late_work, 1);
}

static void work_test(struct kunit *test)
{
	struct work_struct work;
	u64 start = ktime_get_ns();

	atomic_set(&work_runs, 0);
	INIT_WORK(&work, work_fn);
	INIT_DELAYED_WORK(&late_work, again_fn);
	schedule_delayed_work(&late_work, msecs_to_jiffies(20));
	KUNIT_EXPECT_TRUE(test, schedule_work(&work));
	flush_work(&work);
	KUNIT_EXPECT_GE(test, atomic_read(&work_runs), 1);
	while (atomic_read(&work_runs) < 4)
		msleep(1);
	KUNIT_EXPECT_GE(test, ktime_get_ns() - start, 20 * NSEC_PER_MSEC);
	cancel_delayed_work_sync(&late_work);
	atomic_set(&work_runs, 0);
	msleep(10);
	KUNIT_EXPECT_EQ(test, atomic_read(&work_runs), 0);
}

struct node {
	struct list_head list;
	struct rcu_head rcu;
	int alive;
};

static LIST_HEAD(rcu_nodes);
static bool rcu_stop;
static atomic_t rcu_freed;

static int rcu_reader(void *data)
{
	struct node *n;

	while (!READ_ONCE(rcu_stop)) {
		rcu_read_lock();
		list_for_each_entry_rcu(n, &rcu_nodes, list)
			KUNIT_EXPECT_EQ((struct kunit *)data, READ_ONCE(n->alive), 1);
		rcu_read_unlock();
	}
	return 0;
}

static void node_free(struct rcu_head *head)
{
	struct node *n = container_of(head, struct node, rcu);

	WRITE_ONCE(n->alive, 0);
	kfree(n);
	atomic_inc(&rcu_freed);
}

static void rcu_test(struct kunit *test)
{
	size_t before = shim_kmalloc_bytes();
	struct task_struct *t[2];
	unsigned long state;
	int i, mine = 0;

	WRITE_ONCE(rcu_stop, false);
	atomic_set(&rcu_freed, 0);
	for (i = 0; i < 2; i++)
		t[i] = kthread_run(rcu_reader, test, "reader/%d", i);
	for (i = 0; i < ROUNDS(500); i++) {
		struct node *n = kmalloc(sizeof(*n), GFP_KERNEL);

		n->alive = 1;
		list_add_rcu(&n->list, &rcu_nodes);
		if (i % 4 == 3) {
			n = list_first_entry(&rcu_nodes, struct node, list);
			list_del_rcu(&n->list);
			kfree_rcu(n, rcu);
			n = list_first_entry(&rcu_nodes, struct node, list);
			list_del_rcu(&n->list);
			call_rcu(&n->rcu, node_free);
			mine++;
		}
	}
	while (!list_empty(&rcu_nodes)) {
		struct node *n = list_first_entry(&rcu_nodes, struct node, list);

		list_del_rcu(&n->list);
		call_rcu(&n->rcu, node_free);
		mine++;
	}
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_read(&rcu_freed), mine);
	state = start_poll_synchronize_rcu();
	for (i = 0; i < 10000 && !poll_state_synchronize_rcu(state); i++)
		msleep(1);
	KUNIT_EXPECT_TRUE(test, poll_state_synchronize_rcu(state));
	state = get_state_synchronize_rcu();
	KUNIT_EXPECT_FALSE(test, poll_state_synchronize_rcu(state));
	WRITE_ONCE(rcu_stop, true);
	for (i = 0; i < 2; i++)
		kthread_stop(t[i]);
	KUNIT_EXPECT_EQ(test, shim_kmalloc_bytes(), before);
}

static void rcu_child(void *data)
{
	struct node *n = kmalloc(sizeof(*n), GFP_KERNEL);

	call_rcu(&n->rcu, node_free);
	rcu_barrier();
	synchronize_rcu();
}

static void rcu_fork_test(struct kunit *test)
{
#ifdef __SANITIZE_THREAD__
	kunit_skip(test, "TSan starts no thread in a child of many threads");
#endif
	rcu_child(NULL);
	KUNIT_EXPECT_TRUE(test, child_survives(rcu_child, NULL));
}

static struct kunit_case sync_cases[] = {
	KUNIT_CASE(locks_test),
	KUNIT_CASE(threads_test),
	KUNIT_CASE(work_test),
	KUNIT_CASE(rcu_test),
	KUNIT_CASE(rcu_fork_test),
	{}
};

static struct kunit_suite sync_suite = {
	.name = "shim_sync",
	.test_cases = sync_cases,
};

kunit_test_suite(sync_suite);
