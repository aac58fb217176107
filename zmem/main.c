// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The module: what it is loaded with, and what it hears from the kernel.
 *
 * Unloading needs no care of callers: whoever uses a symbol of zmem's pins it,
 * and an open /dev/zmem does too.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/sched/isolation.h>
#include <linux/workqueue.h>
#include <compat/shrinker.h>
#include <compat/work.h>

#include "internal.h"
#include "main.h"
#include "core/cache.h"
#include "core/debug.h"
#include "core/free_rcu.h"
#include "core/latency.h"
#include "core/nodes.h"
#include "core/pool.h"
#include "core/sizes.h"
#include "core/tuner.h"

static int mode_set(const char *text, const struct kernel_param *kp);
static int mode_get(char *text, const struct kernel_param *kp);

static const struct kernel_param_ops mode_ops = {
	.set = mode_set,
	.get = mode_get,
};

/* Said once, when the module is loaded; a bad one keeps it from being so. */
static int debug_flags_set(const char *text, const struct kernel_param *kp)
{
	return zmem_debug_pattern_set(text);
}

static int debug_flags_get(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%s\n", zmem_debug_pattern());
}

static void debug_flags_free(void *unused)
{
	zmem_debug_pattern_set(NULL);
}

static const struct kernel_param_ops debug_flags_ops = {
	.set = debug_flags_set,
	.get = debug_flags_get,
	.free = debug_flags_free,
};

module_param_cb(mode, &mode_ops, &zmem_defaults.mode, 0444);
MODULE_PARM_DESC(mode, "mode of caches that do not choose: fast, balanced (default) or debug");
module_param_named(magazine_max, zmem_defaults.magazine_max, uint, 0444);
MODULE_PARM_DESC(magazine_max, "most objects in a magazine (default 252)");
module_param_named(depot_max_kib, zmem_defaults.depot_max_kib, uint, 0444);
MODULE_PARM_DESC(depot_max_kib, "most KiB of objects in a node's depot (default 2048)");
module_param_named(tune_interval_ms, zmem_defaults.tune_interval_ms, uint, 0444);
MODULE_PARM_DESC(tune_interval_ms, "milliseconds between the tuner's looks at a cache (default 1000)");
module_param_cb(debug_flags, &debug_flags_ops, NULL, 0444);
MODULE_PARM_DESC(debug_flags, "debug caches by name: NAME[:FLAGS],... with * and flags Z P U Q L R; a number: of all caches (default 0)");

static const char * const mode_names[] = {
	[ZMEM_MODE_FAST] = "fast",
	[ZMEM_MODE_BALANCED] = "balanced",
	[ZMEM_MODE_DEBUG] = "debug",
};

static int mode_set(const char *text, const struct kernel_param *kp)
{
	enum zmem_mode mode;

	for (mode = ZMEM_MODE_FAST; mode <= ZMEM_MODE_DEBUG; mode++)
		if (sysfs_streq(text, mode_names[mode])) {
			*(enum zmem_mode *)kp->arg = mode;
			return 0;
		}
	return -EINVAL;
}

static int mode_get(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%s\n", mode_names[*(enum zmem_mode *)kp->arg]);
}

/* The settings are bounded as each cache's own are. */
static int settings_check(void)
{
	const struct zmem_settings *d = &zmem_defaults;

	if (d->magazine_max && d->magazine_max <= ZMEM_MAGAZINE_MAX &&
	    d->depot_max_kib <= ZMEM_DEPOT_MAX_KIB && d->tune_interval_ms)
		return 0;
	pr_err("zmem: bad setting: magazine_max 1 to %u, depot_max_kib up to %u, tune_interval_ms from 1\n",
	       ZMEM_MAGAZINE_MAX, ZMEM_DEPOT_MAX_KIB);
	return -EINVAL;
}

/* ---- the tuner's clock ---- */

static void tuner_tick(struct work_struct *work);
static DECLARE_DEFERRABLE_WORK(tuner_work, tuner_tick);

const struct cpumask *zmem_cpus_to_tune(void)
{
	return housekeeping_cpumask(HK_TYPE_DOMAIN);
}

static void tuner_tick(struct work_struct *work)
{
	static struct cpumask wishes;

	zmem_tuner_scan(&wishes);
	if (cpumask_and(&wishes, &wishes, zmem_cpus_to_tune()))
		zmem_on_each_cpu(zmem_tuner_this_cpu, NULL, &wishes);
	queue_delayed_work(zmem_unbound_wq, &tuner_work,
			   msecs_to_jiffies(ZMEM_TUNER_TICK_MS));
}

/* ---- CPUs that go ---- */

/*
 * A prepare-stage state: its teardown runs on another CPU when this one is
 * dead, so that nothing can be running on the share that is drained.
 */
static int hotplug_state = -1;

static int cpu_dead(unsigned int cpu)
{
	zmem_caches_cpu_dead(cpu);
	return 0;
}

static int hotplug_init(void)
{
	int state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "zmem:dead",
					      NULL, cpu_dead);

	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

static void hotplug_exit(void)
{
	if (hotplug_state >= 0)
		cpuhp_remove_state_nocalls(hotplug_state);
	hotplug_state = -1;
}

/* ---- nodes ---- */

/*
 * Memory that comes or goes may change CPUs' homes, and memory on a second
 * node turns the home check on for good.  Neither may be done from within the
 * memory notifier, which is called with locks held: work does it.
 */
static void nodes_look(struct work_struct *work)
{
	zmem_keys_set();
	zmem_homes_update();
}

static DECLARE_WORK(nodes_work, nodes_look);

/* Of memory that is, or was just, online: before that its pages don't know. */
static int memory_node(const struct memory_notify *what)
{
	return page_to_nid(pfn_to_page(what->start_pfn));
}

/*
 * While some of a node's memory is on its way out, nothing new is placed
 * there.  Our pages on it have failed the attempt before this is called: see
 * zmem_node_drain().
 */
static int memory_event(struct notifier_block *nb, unsigned long action, void *arg)
{
	switch (action) {
	case MEM_GOING_OFFLINE:
		zmem_node_close(memory_node(arg), ZMEM_NODE_LEAVING);
		break;
	case MEM_CANCEL_OFFLINE:
		zmem_node_open(memory_node(arg), ZMEM_NODE_LEAVING);
		break;
	case MEM_OFFLINE:
		zmem_node_open(memory_node(arg), ZMEM_NODE_LEAVING);
		schedule_work(&nodes_work);
		break;
	case MEM_ONLINE:
		schedule_work(&nodes_work);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block memory_nb = { .notifier_call = memory_event };

static int nodes_init(void)
{
	nodes_look(NULL);
	return register_memory_notifier(&memory_nb);
}

static void nodes_exit(void)
{
	unregister_memory_notifier(&memory_nb);
	cancel_work_sync(&nodes_work);
}

/* ---- coming and going ---- */

static int tuner_init(void)
{
	zmem_latency_calibrate();
	queue_delayed_work(zmem_unbound_wq, &tuner_work,
			   msecs_to_jiffies(ZMEM_TUNER_TICK_MS));
	return 0;
}

static void tuner_exit(void)
{
	cancel_delayed_work_sync(&tuner_work);
}

/* In order; undone in reverse.  An init that fails leaves nothing. */
static const struct {
	int (*init)(void);
	void (*exit)(void);
} parts[] = {
	{ settings_check,	NULL },
	{ zmem_pools_init,	zmem_pools_exit },
	{ zmem_rcu_init,	zmem_rcu_exit },
	{ zmem_debugfs_init,	zmem_debugfs_exit },
	{ zmem_sizes_init,	zmem_sizes_exit },
	{ nodes_init,		nodes_exit },
	{ hotplug_init,		hotplug_exit },
	{ zmem_shrinker_init,	zmem_shrinker_exit },
	{ tuner_init,		tuner_exit },
	{ zmem_chardev_init,	zmem_chardev_exit },
};

static void parts_exit(unsigned int n)
{
	while (n--)
		if (parts[n].exit)
			parts[n].exit();
}

static int __init zmem_init(void)
{
	unsigned int n;
	int err;

	zmem_page_init();
	for (n = 0; n < ARRAY_SIZE(parts); n++) {
		err = parts[n].init();
		if (err) {
			parts_exit(n);
			return err;
		}
	}
	return 0;
}

static void __exit zmem_exit(void)
{
	parts_exit(ARRAY_SIZE(parts));
}

module_init(zmem_init);
module_exit(zmem_exit);

MODULE_DESCRIPTION("Slab-style allocator: per-CPU magazines over NUMA-aware pools");
MODULE_AUTHOR("The zmem authors");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION("0.1.0");
