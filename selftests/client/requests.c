// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A small driver, moved to zmem: requests come in rounds, are served, and done
 * with.  One that timed out is given up; with leak=1 that path forgets to free
 * it.
 */
#include <linux/err.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/workqueue.h>
#include <zmem/zmem.h>

#define ROUND		200
#define TIMED_OUT(n)	((n) % 50 == 49)

struct request {
	struct list_head list;
	unsigned int number;
	char data[100];
};

static bool leak;
module_param(leak, bool, 0444);
MODULE_PARM_DESC(leak, "forget requests that timed out (default no)");
static bool pause;
module_param(pause, bool, 0644);
MODULE_PARM_DESC(pause, "no requests come (default no)");

static struct zmem_cache *requests;

static void requests_round(struct work_struct *work);
static DECLARE_DELAYED_WORK(round_work, requests_round);

static noinline struct request *request_new(unsigned int number)
{
	struct request *rq = zmem_cache_zalloc(requests, GFP_KERNEL);

	if (rq)
		rq->number = number;
	return rq;
}

static noinline void request_done(struct request *rq)
{
	zmem_cache_free(requests, rq);
}

static noinline void request_timed_out(struct request *rq)
{
	if (!leak)
		zmem_cache_free(requests, rq);
}

static void requests_round(struct work_struct *work)
{
	struct request *rq, *next;
	LIST_HEAD(queue);
	unsigned int n;

	for (n = 0; n < ROUND && !READ_ONCE(pause); n++) {
		rq = request_new(n);
		if (rq)
			list_add_tail(&rq->list, &queue);
	}
	list_for_each_entry_safe(rq, next, &queue, list)
		if (TIMED_OUT(rq->number))
			request_timed_out(rq);
		else
			request_done(rq);
	schedule_delayed_work(&round_work, HZ / 20);
}

static int __init requests_init(void)
{
	static const struct zmem_cache_args args = {
		.flags = ZMEM_HWCACHE_ALIGN,
	};

	requests = zmem_cache_create("requests", sizeof(struct request), &args);
	if (IS_ERR(requests))
		return PTR_ERR(requests);
	schedule_delayed_work(&round_work, 0);
	return 0;
}
module_init(requests_init);

static void __exit requests_exit(void)
{
	cancel_delayed_work_sync(&round_work);
	zmem_cache_destroy(requests);
}
module_exit(requests_exit);

MODULE_DESCRIPTION("A small driver");
MODULE_AUTHOR("The zmem authors");
MODULE_LICENSE("Dual MIT/GPL");
