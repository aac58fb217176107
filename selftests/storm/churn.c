// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Caches that come and go all the while, whatever looks at them. */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "storm.h"

#define NR_CHURNERS	2
#define NR_OBJECTS	40

static struct task_struct *churners[NR_CHURNERS];
static struct storm_agent agents[NR_CHURNERS];

static const gfp_t churn_gfp[] = { GFP_KERNEL | __GFP_NORETRY, GFP_NOWAIT };

static void random_args(struct storm_agent *a, struct zmem_cache_args *args)
{
	args->mode = storm_random(a, ZMEM_MODE_DEBUG + 1);
	args->magazine_max = storm_random(a, 100);
	args->ctor = storm_random(a, 2) ? storm_ctor : NULL;
	args->flags = storm_random(a, 2) ? ZMEM_TYPESAFE_BY_RCU : ZMEM_HWCACHE_ALIGN;
	args->reserve = storm_random(a, 4) ? 0 : 10;
	args->limit = storm_random(a, 4) ? 0 : 30;
}

static void use(struct storm_agent *a, struct zmem_cache *cache, unsigned int size)
{
	struct storm_held *held, *h;
	unsigned int n, nr = 0;

	held = kcalloc(NR_OBJECTS, sizeof(*held), GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!held)
		return;
	for (n = 0; n < NR_OBJECTS; n++) {
		h = &held[nr];
		h->cache = STORM_SIZES;
		h->size = size;
		h->object = zmem_cache_alloc(cache, GFP_NOWAIT | __GFP_NOWARN);
		if (!h->object)
			continue;
		storm_fill(a, h);
		nr++;
	}
	while (nr--) {
		h = &held[nr];
		storm_check(a, h);
		if (storm_random(a, 2))
			zmem_free_rcu(h->object, rcu);
		else
			zmem_cache_free(cache, h->object);
	}
	kfree(held);
}

/* One cache's whole life; it ends with objects on their way by RCU. */
static void churn(struct storm_agent *a, unsigned int number, unsigned int round)
{
	unsigned int size = sizeof(struct storm_object) + storm_random(a, 3000);
	struct zmem_cache_args args = {};
	struct zmem_cache *cache;
	char name[ZMEM_NAME_MAX];

	random_args(a, &args);
	/* Names come again, and are free by then. */
	snprintf(name, sizeof(name), "churn-%u-%u", number, round % 10);
	cache = zmem_cache_create(name, size, &args);
	if (IS_ERR(cache)) {
		if (PTR_ERR(cache) != -ENOMEM)
			storm_bad(a, "cache is refused", NULL);
		storm_count(a, STORM_no_cache);
		return;
	}
	storm_count(a, STORM_caches);
	use(a, cache, size);
	zmem_cache_destroy(cache);
}

static int churn_fn(void *arg)
{
	struct storm_agent *a = arg;
	unsigned int round = 0;

#ifdef CONFIG_FAULT_INJECTION
	current->make_it_fail = 1;
#endif
	while (!kthread_should_stop()) {
		churn(a, a - agents, round++);
		cond_resched();
	}
	return 0;
}

int storm_churn_start(void)
{
	unsigned int n;

	for (n = 0; n < NR_CHURNERS; n++) {
		struct task_struct *task;

		storm_agent_init(&agents[n], 300 + n);
		agents[n].gfp = churn_gfp;
		agents[n].nr_gfp = ARRAY_SIZE(churn_gfp);
		task = kthread_run(churn_fn, &agents[n], "storm-churn/%u", n);
		if (IS_ERR(task)) {
			storm_churn_stop();
			return PTR_ERR(task);
		}
		churners[n] = task;
	}
	return 0;
}

void storm_churn_stop(void)
{
	unsigned int n;

	for (n = 0; n < NR_CHURNERS && churners[n]; n++) {
		kthread_stop(churners[n]);
		churners[n] = NULL;
	}
}
