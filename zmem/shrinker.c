// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The shrinker: gives memory back when the kernel is short of it.
 *
 * It is entered from reclaim, also from GFP_NOFS and GFP_NOIO reclaim, also
 * from an allocation of zmem's own: it takes the list of caches only by
 * trying, allocates nothing and waits for nobody.
 *
 * It has three strengths.  Trimming gives back what the working-set estimate
 * of depots says is idle, draining gives back all of depots: see
 * zmem_caches_reclaim(), which takes the second only when the first gave less
 * than a scan asks.  What lies in CPUs' magazines only they may touch: when
 * draining gave too little as well, work is queued for CPUs, and the scan
 * returns; those pages count in a later one.  The kernel's own measure of
 * need, nr_to_scan, thus chooses the strength; a scan's priority is not shown
 * to shrinkers.
 */
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <compat/shrinker.h>
#include <compat/work.h>

#include "internal.h"
#include "main.h"
#include "core/cache.h"

static struct shrinker *shrinker;

static void drain_cpu(struct work_struct *work);
static DEFINE_PER_CPU(struct work_struct, drain_work);
static unsigned long drain_next;

static void drain_cpu(struct work_struct *work)
{
	zmem_caches_drain_this_cpu(NULL);
}

/* Once a second at most; a CPU whose work is still queued has it to do. */
static void drain_cpus(void)
{
	const struct cpumask *mask = zmem_cpus_to_tune();
	int cpu;

	if (time_before(jiffies, READ_ONCE(drain_next)))
		return;
	WRITE_ONCE(drain_next, jiffies + HZ);
	for_each_cpu_and(cpu, mask, cpu_online_mask)
		queue_work_on(cpu, zmem_percpu_wq, per_cpu_ptr(&drain_work, cpu));
}

static unsigned long shrink_count(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long pages = zmem_caches_count();

	return pages ? pages : SHRINK_EMPTY;
}

static unsigned long shrink_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long freed = zmem_caches_reclaim(sc->nr_to_scan);

	if (freed < sc->nr_to_scan)
		drain_cpus();
	return freed ? freed : SHRINK_STOP;
}

static struct shrinker shrinker_ops = {
	.count_objects = shrink_count,
	.scan_objects = shrink_scan,
	.seeks = DEFAULT_SEEKS,
};

/**
 * zmem_shrinker_init() - offer the kernel to give memory back
 *
 * Return: 0 or -errno.
 */
int zmem_shrinker_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		INIT_WORK(per_cpu_ptr(&drain_work, cpu), drain_cpu);
	return zmem_compat_shrinker_register(&shrinker, &shrinker_ops);
}

/* Nobody shrinks, and no work is queued, when this returns. */
void zmem_shrinker_exit(void)
{
	int cpu;

	zmem_compat_shrinker_unregister(shrinker);
	for_each_possible_cpu(cpu)
		cancel_work_sync(per_cpu_ptr(&drain_work, cpu));
}
