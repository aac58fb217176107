// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Start and end of a storm, its parameters and its counts. */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "storm.h"

#define MAX_AGENTS	64

static unsigned long seed = 1;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "of all random numbers");

static unsigned int tasks = 4;
module_param(tasks, uint, 0444);
MODULE_PARM_DESC(tasks, "that allocate and free");

static bool pressure = true;
module_param(pressure, bool, 0444);
MODULE_PARM_DESC(pressure, "take all memory now and then");

/* All that ever started: they are static. */
static struct storm_agent *agents[MAX_AGENTS];
static unsigned int nr_agents;
static struct storm_agent cleaner;

void storm_agent_init(struct storm_agent *a, unsigned int number)
{
	prandom_seed_state(&a->rnd, seed * 1000 + number);
	if (!WARN_ON(nr_agents == MAX_AGENTS))
		agents[nr_agents++] = a;
}

void storm_bad(struct storm_agent *a, const char *what, const struct storm_held *h)
{
	storm_count(a, STORM_bad);
	if (!h) {
		pr_err("zmem_storm: something %s\n", what);
		return;
	}
	pr_err("zmem_storm: cache %u, size %u: object %p %s: tag %llu, found %llu\n",
	       h->cache, h->size, h->object, what, h->tag, h->object->tag);
}

static unsigned long total(enum storm_count what)
{
	unsigned long sum = 0;
	unsigned int n;

	for (n = 0; n < nr_agents; n++)
		sum += READ_ONCE(agents[n]->n[what]);
	return sum;
}

/* One line: "name=count ...". */
static int counts_get(char *text, const struct kernel_param *kp)
{
	static const char * const names[] = {
#define X(name)	#name,
		STORM_COUNTS(X)
#undef X
	};
	unsigned int n;
	int at = 0;

	for (n = 0; n < STORM_NR_COUNTS; n++)
		at += sysfs_emit_at(text, at, "%s=%lu ", names[n], total(n));
	return at + sysfs_emit_at(text, at, "\n");
}

static const struct kernel_param_ops counts_ops = { .get = counts_get };
module_param_cb(counts, &counts_ops, NULL, 0444);
MODULE_PARM_DESC(counts, "what was done so far");

static int start(void)
{
	int err = storm_caches_make();

	err = err ?: storm_slots_make();
	err = err ?: storm_agents_start(tasks);
	err = err ?: storm_churn_start();
	if (!err && pressure)
		err = storm_pressure_start();
	return err;
}

/* The caches go with objects of theirs on their way by RCU. */
static void stop(void)
{
	storm_pressure_stop();
	storm_churn_stop();
	storm_agents_stop();
	storm_slots_free(&cleaner);
	storm_caches_destroy();
}

static int __init storm_init(void)
{
	int err;

	storm_agent_init(&cleaner, 500);
	err = start();
	if (err)
		stop();
	return err;
}
module_init(storm_init);

static void __exit storm_exit(void)
{
	stop();
	pr_info("zmem_storm: over: seed=%lu bad=%lu held=%ld\n", seed, total(STORM_bad),
		total(STORM_allocs) - total(STORM_frees) - total(STORM_rcu_frees));
}
module_exit(storm_exit);

MODULE_DESCRIPTION("Many users of zmem at once");
MODULE_AUTHOR("The zmem authors");
MODULE_LICENSE("Dual MIT/GPL");
