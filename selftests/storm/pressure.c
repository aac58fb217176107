// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Takes all memory there is, so that everybody else's allocations reclaim, and
 * holds it for a while, but for a little that keeps the machine from killing
 * processes: a kill is a report in the kernel's log like any other.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "storm.h"

/* What others get along with, and how long they have to. */
#define LEFT_PAGES	(16l << (20 - PAGE_SHIFT))
#define HOLD_MS		400
#define REST_MS		2000

/* Large runs first, as there are fewer of them. */
#define ORDER_MAX	8

static struct task_struct *task;
static struct storm_agent agent;

/* Until reclaim gives nothing; rather than have a process killed it fails. */
#define SQUEEZE_GFP	(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

static void take(struct list_head *pages)
{
	int order = ORDER_MAX;
	struct page *page;

	while (order >= 0 && !kthread_should_stop()) {
		page = alloc_pages(order ? GFP_NOWAIT | __GFP_NOWARN : SQUEEZE_GFP, order);
		if (page) {
			set_page_private(page, order);
			list_add(&page->lru, pages);
		} else {
			order--;
		}
		cond_resched();
	}
}

/* The smallest runs first. */
static void give(struct list_head *pages, long nr)
{
	struct page *page, *next;
	int order;

	list_for_each_entry_safe(page, next, pages, lru) {
		if (nr <= 0)
			break;
		order = page_private(page);
		nr -= 1l << order;
		list_del(&page->lru);
		set_page_private(page, 0);
		__free_pages(page, order);
		cond_resched();
	}
}

static void rest(unsigned int ms)
{
	set_current_state(TASK_INTERRUPTIBLE);
	if (!kthread_should_stop())
		schedule_timeout(msecs_to_jiffies(ms));
	__set_current_state(TASK_RUNNING);
}

static int pressure_fn(void *arg)
{
	LIST_HEAD(pages);

	while (!kthread_should_stop()) {
		take(&pages);
		give(&pages, LEFT_PAGES);
		storm_count(&agent, STORM_squeezes);
		rest(HOLD_MS);
		give(&pages, LONG_MAX);
		rest(REST_MS);
	}
	return 0;
}

int storm_pressure_start(void)
{
	storm_agent_init(&agent, 400);
	task = kthread_run(pressure_fn, NULL, "storm-pressure");
	return PTR_ERR_OR_ZERO(task);
}

void storm_pressure_stop(void)
{
	if (!IS_ERR_OR_NULL(task))
		kthread_stop(task);
	task = NULL;
}
