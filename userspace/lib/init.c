// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What the module's main.c does, for a process. */
#include <linux/cpuhotplug.h>
#include <linux/errno.h>
#include <linux/lock.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <compat/work.h>

#include "internal.h"
#include "init.h"
#include "surface.h"
#include "core/cache.h"
#include "core/free_rcu.h"
#include "core/latency.h"
#include "core/magazine.h"
#include "core/pool.h"
#include "core/sizes.h"
#include "core/tuner.h"

/* Held by who works on a cache that it does not own; protects c->surface. */
static DEFINE_MUTEX(surface_lock);

void zmem_surface_add(struct zmem_common *c)
{
	WRITE_ONCE(c->surface, c);
}

void zmem_surface_remove(struct zmem_common *c)
{
	mutex_lock(&surface_lock);
	WRITE_ONCE(c->surface, NULL);
	mutex_unlock(&surface_lock);
}

struct wanted {
	const char *name;
	struct zmem_common *found;
};

static int is_wanted(struct zmem_common *c, void *arg)
{
	struct wanted *w = arg;

	if (!strcmp(c->name, w->name))
		w->found = READ_ONCE(c->surface);
	return w->found != NULL;
}

int zmem_user_on_cache(const char *name, int (*fn)(struct zmem_common *cache, char *arg),
		       char *arg)
{
	struct wanted w = { .name = name };
	int err = -ENOENT;

	mutex_lock(&surface_lock);
	zmem_caches_for_each(is_wanted, &w);
	if (w.found)
		err = fn(w.found, arg);
	mutex_unlock(&surface_lock);
	return err;
}

static void tuner_tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(tuner_work, tuner_tick);

void zmem_user_tune_now(void)
{
	static struct cpumask wishes;

	zmem_tuner_scan(&wishes);
	if (!cpumask_empty(&wishes))
		zmem_on_each_cpu(zmem_tuner_this_cpu, NULL, &wishes);
}

static int reap(struct zmem_common *c, void *unused)
{
	if (c->flags & ZMEM_NO_MAGAZINES)
		return 0;
	zmem_tuner_reap(c);
	if (zmem_tuner_cpu(c, raw_cpu_ptr(zmem_area(c))) == ZMEM_WISH_DRAIN)
		zmem_magazines_drain_this_cpu(c);
	return 0;
}

void zmem_user_reap(void)
{
	zmem_caches_for_each(reap, NULL);
}

static void tuner_tick(struct work_struct *work)
{
	zmem_user_tune_now();
	schedule_delayed_work(&tuner_work, msecs_to_jiffies(ZMEM_TUNER_TICK_MS));
}

void zmem_user_tune(bool on)
{
	if (on)
		schedule_delayed_work(&tuner_work, msecs_to_jiffies(ZMEM_TUNER_TICK_MS));
	else
		cancel_delayed_work_sync(&tuner_work);
}

static int cpu_dead(unsigned int cpu)
{
	zmem_caches_cpu_dead(cpu);
	return 0;
}

int zmem_user_load(void)
{
	int err = zmem_pools_init();

	if (err)
		return err;
	err = zmem_rcu_init();
	if (err)
		goto no_rcu;
	err = zmem_sizes_init();
	if (err)
		goto no_sizes;
	return 0;

no_sizes:
	zmem_rcu_exit();
no_rcu:
	zmem_pools_exit();
	return err;
}

static int init_once(void)
{
	int err;

	shim_boot();
	zmem_latency_calibrate();
	err = zmem_user_load();
	if (err)
		return err;
	zmem_keys_set();
	cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "zmem:dead", NULL, cpu_dead);
	return 0;
}

int zmem_user_init(void)
{
	static struct shim_lock lock;
	static bool done;
	int err = 0;

	if (likely(smp_load_acquire(&done)))
		return 0;
	shim_lock_acquire(&lock);
	if (!done) {
		err = init_once();
		if (!err)
			smp_store_release(&done, true);
	}
	shim_lock_release(&lock);
	return err;
}

static void __attribute__((constructor(201))) init_before_main(void)
{
	if (zmem_user_init())
		pr_err("zmem: out of memory before main()\n");
}
