// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What the module's main.c does, for a process. */
#include <linux/cpuhotplug.h>
#include <linux/lock.h>
#include <linux/printk.h>
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

/* Surfaces are the program's own affair here. */
void zmem_surface_add(struct zmem_common *c)
{
}

void zmem_surface_remove(struct zmem_common *c)
{
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

static int init_once(void)
{
	int err;

	shim_boot();
	zmem_latency_calibrate();
	err = zmem_pools_init();
	if (err)
		return err;
	err = zmem_rcu_init();
	if (err)
		goto no_rcu;
	err = zmem_sizes_init();
	if (err)
		goto no_sizes;
	zmem_keys_set();
	cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "zmem:dead", NULL, cpu_dead);
	return 0;

no_sizes:
	zmem_rcu_exit();
no_rcu:
	zmem_pools_exit();
	return err;
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
