// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The tuner's plain rule.
 *
 * Each interval, for each cache: CPUs that met at a depot's lock more than a
 * few times get larger magazines; a cache that exchanged none for a while
 * gets smaller ones; depots give back what was not worked with; a CPU that
 * made no call for a few intervals is asked to put its objects back.
 */
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/smp.h>
#include <compat/trace.h>

#include "internal.h"
#include "core/cache.h"
#include "core/depot.h"
#include "core/latency.h"
#include "core/magazine.h"
#include "core/slab.h"
#include "core/tuner.h"

/* As illumos: three collisions an interval are chance, more are a pattern. */
#define ZMEM_GROW_CONTENDED	3u
#define ZMEM_SHRINK_IDLE	8u
#define ZMEM_DRAIN_IDLE		2u

/*
 * Sizes of magazines: with their header they fill 64, 128 … 2048 bytes.
 */
static const u16 magazine_sizes[] = { 4, 12, 28, 60, 124, 252 };

/**
 * zmem_magazine_step() - the next size of magazines
 * @size: the present one
 * @step: 1 for the next larger, -1 for the next smaller
 * @max: bound
 *
 * Return: the size; @size where there is no next one.
 */
unsigned int zmem_magazine_step(unsigned int size, int step, unsigned int max)
{
	int i, last = ARRAY_SIZE(magazine_sizes) - 1;

	if (step > 0) {
		for (i = 0; i <= last; i++)
			if (magazine_sizes[i] > size)
				return max(size, min_t(unsigned int, magazine_sizes[i], max));
		return size;
	}
	for (i = last; i >= 0; i--)
		if (magazine_sizes[i] < size)
			return magazine_sizes[i];
	return size;
}

static void tune_magazines(struct zmem_common *c, unsigned long contended,
			   unsigned long exchanges)
{
	struct zmem_tuner *t = &c->tuner;
	unsigned int size = c->magazine_size, next = size;

	if (contended - t->contended > ZMEM_GROW_CONTENDED) {
		next = zmem_magazine_step(size, 1, c->magazine_max);
		t->grown += next != size;
	}
	t->idle = exchanges == t->exchanges ? t->idle + 1 : 0;
	if (t->idle >= ZMEM_SHRINK_IDLE) {
		next = zmem_magazine_step(size, -1, c->magazine_max);
		t->shrunk += next != size;
		t->idle = 0;
	}
	t->contended = contended;
	t->exchanges = exchanges;
	if (next != size)
		trace_zmem_resize(c->name, size, next);
	WRITE_ONCE(c->magazine_size, next);
}

static void count_exchanges(struct zmem_common *c, unsigned long *contended,
			    unsigned long *exchanges)
{
	int node;

	for_each_node(node) {
		struct zmem_depot *d = &c->node[node]->depot;

		*contended += atomic_long_read(&d->contended);
		*exchanges += READ_ONCE(d->exchanges);
	}
}

/**
 * zmem_tuner_reap() - have a cache's depots give back what was not worked with
 * @c: the cache
 *
 * Context: any but NMI; the cache stays.
 */
void zmem_tuner_reap(struct zmem_common *c)
{
	int node;

	for_each_node(node) {
		struct zmem_depot *d = &c->node[node]->depot;

		if (READ_ONCE(d->nr_full) || READ_ONCE(d->nr_empty))
			c->tuner.trimmed += zmem_depot_reap(c, node);
	}
}

/**
 * zmem_tuner_cpu() - what a CPU had better do with its magazines
 * @c: the cache
 * @area: of the CPU
 *
 * Idle twice: drain once.  Not idle: sample, where that is done.
 *
 * Context: task; zmem_caches_lock is held.
 * Return: the wish.
 */
enum zmem_wish zmem_tuner_cpu(struct zmem_common *c, struct zmem_cpu_area *area)
{
	struct zmem_cpu_slow *slow = &area->slow;
	unsigned long calls = zmem_cpu_all_allocs(area) + zmem_cpu_all_frees(area);

	if (calls != slow->seen) {
		slow->seen = calls;
		slow->idle = 0;
		return c->latency ? ZMEM_WISH_SAMPLE : ZMEM_WISH_NOTHING;
	}
	if (!calls || slow->idle > ZMEM_DRAIN_IDLE)
		return ZMEM_WISH_NOTHING;
	return ++slow->idle == ZMEM_DRAIN_IDLE ? ZMEM_WISH_DRAIN : ZMEM_WISH_NOTHING;
}

static void tune_cpus(struct zmem_common *c, struct cpumask *wishes)
{
	int cpu;

	for_each_online_cpu(cpu) {
		struct zmem_cpu_area *area = per_cpu_ptr(zmem_area(c), cpu);
		enum zmem_wish wish = zmem_tuner_cpu(c, area);

		if (wish == ZMEM_WISH_NOTHING)
			continue;
		area->slow.wish = wish;
		cpumask_set_cpu(cpu, wishes);
	}
}

/**
 * zmem_tuner_look() - tune one cache now
 * @c: the cache
 * @wishes: CPUs that are to run zmem_tuner_this_cpu() are added
 *
 * Context: task; zmem_caches_lock is held.
 */
void zmem_tuner_look(struct zmem_common *c, struct cpumask *wishes)
{
	unsigned long contended = 0, exchanges = 0;

	c->tuner.runs++;
	count_exchanges(c, &contended, &exchanges);
	zmem_tuner_reap(c);
	tune_magazines(c, contended, exchanges);
	tune_cpus(c, wishes);
}

/**
 * zmem_tuner_scan() - tune the caches whose interval is over
 * @wishes: set to the CPUs that are to run zmem_tuner_this_cpu()
 *
 * Context: task; may sleep.
 */
void zmem_tuner_scan(struct cpumask *wishes)
{
	struct zmem_common *c;

	cpumask_clear(wishes);
	mutex_lock(&zmem_caches_lock);
	list_for_each_entry(c, &zmem_caches, list) {
		if ((c->flags & ZMEM_NO_MAGAZINES) || time_before(jiffies, c->tuner.next))
			continue;
		c->tuner.next = jiffies + msecs_to_jiffies(c->tune_interval_ms);
		zmem_tuner_look(c, wishes);
	}
	mutex_unlock(&zmem_caches_lock);
}

/* Does on this CPU what the tuner wished. */
void zmem_tuner_this_cpu(void *unused)
{
	struct zmem_common *c;

	mutex_lock(&zmem_caches_lock);
	list_for_each_entry(c, &zmem_caches, list) {
		struct zmem_cpu_slow *slow;
		u32 wish;

		slow = &raw_cpu_ptr(zmem_area(c))->slow;
		wish = slow->wish;
		slow->wish = ZMEM_WISH_NOTHING;
		if (wish == ZMEM_WISH_DRAIN)
			zmem_magazines_drain_this_cpu(c);
		else if (wish == ZMEM_WISH_SAMPLE)
			zmem_magazines_sample(c);
	}
	mutex_unlock(&zmem_caches_lock);
}
