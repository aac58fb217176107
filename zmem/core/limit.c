// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Limit: how many objects callers may hold.
 *
 * What is counted, in the slow path only, are objects that are out of slabs:
 * callers', and those that wait in magazines, depots and the reserve.  These
 * never exceed the limit, and so callers' never do.  A cache far from its limit
 * runs as any.  At the limit, what waits is called in: first what a call gets
 * at from where it is, and then, if it may sleep, what all CPUs have, with the
 * cache closed (see hold.c) so that it stays in.
 *
 * When may such a call fail?  When callers do hold as many objects as they may.
 * The count of objects out is an upper bound of theirs: another task may be
 * half-way with some.  A lower bound are allocations less frees, if the former
 * are summed up before the latter.  So a call that got nothing fails if that
 * bound says so, and else tries again, as those half-way arrive.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include "internal.h"
#include "core/depot.h"
#include "core/hold.h"
#include "core/limit.h"
#include "core/magazine.h"
#include "core/report.h"
#include "core/slab.h"

/*
 * Tasks that are half-way arrive in a few instructions, or as soon as they are
 * scheduled.  No more than this many looks, a few milliseconds each: it would
 * take a cache whose count of frees is wrong.
 */
#define ZMEM_LIMIT_LOOKS	1000u

/* Looks that found the limit not reached, but no object: memory is short. */
#define ZMEM_LIMIT_SHORT	3u

/* zmem_limit_claim() of a cache with a limit. */
unsigned int __zmem_limit_claim(struct zmem_hold *h, unsigned int nr)
{
	long out = atomic_long_read(&h->out), may;

	do {
		may = min_t(long, nr, h->limit - out);
		if (may <= 0)
			return 0;
	} while (!atomic_long_try_cmpxchg(&h->out, &out, out + may));
	return may;
}

/* What all CPUs counted, by one of the functions that sum up for a CPU. */
static __always_inline unsigned long
limit_sum(const struct zmem_common *c, unsigned long (*of)(const struct zmem_cpu_area *))
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += of(per_cpu_ptr(zmem_area(c), cpu));
	return sum;
}

/*
 * Whether callers hold, or could take from the reserve, all that they may.  An
 * object on its way counts at most once.  One that was freed twice counts as
 * freed twice, and stands among the errors.
 */
static bool limit_is_held(const struct zmem_hold *h)
{
	unsigned long held = limit_sum(h->c, zmem_cpu_all_allocs);

	smp_rmb();	/* what was allocated is not counted as freed only */
	held += READ_ONCE(h->nr) + atomic_long_read(&h->c->errors);
	smp_rmb();	/* nor is what left the reserve, or is now in it */
	return (long)(held - limit_sum(h->c, zmem_cpu_all_frees)) >= (long)h->limit;
}

/* Drains what a call may drain wherever it is. */
static void *limit_alloc_atomic(struct zmem_hold *h, gfp_t gfp, int nid)
{
	int node;

	zmem_magazines_drain_this_cpu(h->c);
	for_each_node(node)
		zmem_depot_drain(h->c, node);
	return zmem_hold_slab(h, gfp, nid);
}

/* Drains all there is, and looks until there is an object, or can't be one. */
static void *limit_alloc_closed(struct zmem_hold *h, gfp_t gfp, int node)
{
	unsigned int looks, spare = 0;
	void *object;

	for (looks = 0; looks < ZMEM_LIMIT_LOOKS; looks++) {
		bool drained = zmem_hold_drain(h);

		object = zmem_hold_slab(h, gfp, node);
		if (object || !drained || limit_is_held(h))
			return object;
		if (!zmem_limit_full(h->c) && ++spare == ZMEM_LIMIT_SHORT)
			return NULL;
		if (looks)
			usleep_range(1000, 4000);
	}
	return NULL;
}

/**
 * zmem_limit_alloc() - allocate at the limit
 * @h: of the cache
 * @gfp: ZMEM_GFP_PAGES
 * @node: preferred, or required with __GFP_THISNODE
 *
 * Context: as @gfp says.
 * Return: an object, or NULL.
 */
void *zmem_limit_alloc(struct zmem_hold *h, gfp_t gfp, int node)
{
	void *object = limit_alloc_atomic(h, gfp, node);

	if (object || !gfpflags_allow_blocking(gfp))
		return object;
	atomic_inc(&h->closers);
	object = limit_alloc_closed(h, gfp, node);
	atomic_dec(&h->closers);
	return object;
}

/**
 * zmem_limit_report() - tell that a call got nothing at the limit
 * @h: of the cache
 *
 * The log once a cache, the owner always.
 *
 * Context: any but NMI.
 * Return: whether the owner was told, and may have freed objects.
 */
bool zmem_limit_report(struct zmem_hold *h)
{
	struct zmem_common *c = h->c;

	if (!test_and_set_bit(ZMEM_LIMIT_REACHED, &c->reported) && !zmem_reports_muted)
		pr_warn("zmem: cache %s: its limit of %u objects is reached\n",
			c->name, h->limit);
	if (!h->limit_reached)
		return false;
	h->limit_reached(c->cache, h->limit_arg);
	return true;
}
