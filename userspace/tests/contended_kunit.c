// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Locks that meet: a process may hold one for as long as it takes to see that. */
#include <sched.h>
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>

#include "tests/util.h"

static struct {
	struct zmem_common *c;
	struct completion done;
} other;

static int drain(void *unused)
{
	zmem_depot_drain(other.c, 0);
	complete(&other.done);
	return 0;
}

/* Who finds a depot's lock taken counts that, once, and is served afterwards. */
static void depots_count_meetings(struct kunit *test)
{
	struct zmem_cache *c = test_cache(test, 64, NULL);
	unsigned long end = jiffies + 10 * HZ;
	struct zmem_depot *d = test_depot(c, 0);
	struct task_struct *task;

	other.c = zmem_common(c);
	init_completion(&other.done);
	spin_lock(&d->lock);
	task = kthread_run(drain, NULL, "zmem-test");
	while (!IS_ERR(task) && !atomic_long_read(&d->contended) && time_before(jiffies, end))
		sched_yield();
	spin_unlock(&d->lock);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	wait_for_completion(&other.done);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&d->contended), 1);
	KUNIT_EXPECT_EQ(test, test_snapshot(test, c)->contended, 1);
	zmem_cache_destroy(c);
}

static struct kunit_case contended_cases[] = {
	KUNIT_CASE(depots_count_meetings),
	{}
};

static struct kunit_suite contended_suite = {
	.name = "zmem_contended",
	.init = test_init,
	.exit = test_exit,
	.test_cases = contended_cases,
};

kunit_test_suite(contended_suite);
