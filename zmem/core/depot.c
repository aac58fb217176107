// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Depot: a node's full and empty magazines.
 *
 * A CPU gives a whole magazine and takes a whole magazine under one lock, so
 * that the lock is taken at most once a magazine in each direction.  Whether
 * it was free at once is counted: the tuner makes magazines larger when CPUs
 * meet here.  "Full" means with objects: a drained CPU leaves what it had.
 *
 * How deep a depot may get is bounded by the bytes of objects in it: it starts
 * with ZMEM_DEPOT_FIRST_KIB and gets twice as deep, up to depot_max_kib, when
 * slabs have to give what it had no room for a while ago.  Bursts that come
 * again thus find their magazines here from the second or third on, and one
 * that does not come again is not waited for.  How deep a depot stays depends
 * on what is worked with: the fewest magazines that were there since the tuner
 * last looked were not needed; zmem_depot_reap() gives them back, and halves
 * the depth.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <compat/trace.h>

#include "internal.h"
#include "core/depot.h"
#include "core/pool.h"
#include "core/slab.h"

/* A burst of a few thousand small objects. */
#define ZMEM_DEPOT_FIRST_KIB	256u

/*
 * Empty magazines that wait without bound would be memory without objects;
 * as many as full ones is what a turn of the tide needs, and a few for the
 * start.
 */
#define ZMEM_EMPTY_SPARE	4u

/*
 * What was not touched for a moment is not idle for that: the watch must have
 * gone on for half the tuner's usual interval before reclaim goes by it.
 */
#define ZMEM_LOOK_MIN		(HZ / 2)

void zmem_depot_init(struct zmem_depot *d)
{
	spin_lock_init(&d->lock);
	d->depth_kib = ZMEM_DEPOT_FIRST_KIB;
}

static size_t magazine_bytes(unsigned int size)
{
	return offsetof(struct zmem_magazine, objects) + size * sizeof(void *);
}

/**
 * zmem_magazine_new() - make an empty magazine
 * @c: the cache
 * @gfp: ZMEM_GFP_PAGES
 * @node: whose objects it will hold
 * @size: objects that it will hold
 *
 * Context: as @gfp says.
 * Return: the magazine, or NULL.
 */
struct zmem_magazine *zmem_magazine_new(struct zmem_common *c, gfp_t gfp, int node,
					unsigned int size)
{
	struct zmem_magazine *mag;

	gfp = (gfp & ZMEM_GFP_RECORDS & ~__GFP_NOFAIL) | __GFP_NOWARN | __GFP_NORETRY;
	mag = kmalloc(magazine_bytes(size), gfp);
	if (!mag)
		return NULL;
	mag->next = NULL;
	mag->node = node;
	mag->size = size;
	mag->count = 0;
	mag->guard = 0;
	atomic_long_inc(&c->magazines);
	atomic_long_add(ksize(mag), &c->magazine_bytes);
	return mag;
}

/* Unmakes a magazine without objects. */
void zmem_magazine_delete(struct zmem_common *c, struct zmem_magazine *mag)
{
	atomic_long_dec(&c->magazines);
	atomic_long_sub(ksize(mag), &c->magazine_bytes);
	kfree(mag);
}

/* Puts a magazine's objects back into their slabs. */
void zmem_magazine_flush(struct zmem_common *c, struct zmem_magazine *mag)
{
	zmem_slab_free(c, mag->objects, mag->count);
	mag->count = 0;
}

/* Unmakes a chain of magazines, with and without objects. */
void zmem_magazines_dissolve(struct zmem_common *c, struct zmem_magazine *chain)
{
	while (chain) {
		struct zmem_magazine *next = chain->next;

		zmem_magazine_flush(c, chain);
		zmem_magazine_delete(c, chain);
		chain = next;
	}
}

/* Takes the magazine on top of a stack, or returns NULL. */
static struct zmem_magazine *mag_pop(struct zmem_magazine **top)
{
	struct zmem_magazine *mag = *top;

	if (mag)
		*top = mag->next;
	return mag;
}

/* Cuts a stack below its first @nr, and returns the rest. */
static struct zmem_magazine *mag_cut(struct zmem_magazine **top, unsigned int nr)
{
	struct zmem_magazine *rest;

	while (nr-- && *top)
		top = &(*top)->next;
	rest = *top;
	*top = NULL;
	return rest;
}

static void depot_lock(struct zmem_depot *d, unsigned long *flags)
	__acquires(&d->lock)
{
	if (!spin_trylock_irqsave(&d->lock, *flags)) {
		atomic_long_inc(&d->contended);
		spin_lock_irqsave(&d->lock, *flags);
	}
	d->locks++;
}

static void depot_unlock(struct zmem_depot *d, unsigned long flags)
	__releases(&d->lock)
{
	spin_unlock_irqrestore(&d->lock, flags);
}

/* Whether one more magazine of @count objects is within the bound. */
static bool depot_has_room(const struct zmem_common *c, const struct zmem_depot *d,
			   unsigned int count)
{
	u64 kib = min(d->depth_kib, READ_ONCE(c->depot_max_kib));

	return (u64)(d->objects + count) * c->size <= kib << 10;
}

/* Slabs are about to give what a depot had no room for: that was a pity. */
static void depot_deepen(struct zmem_common *c, struct zmem_depot *d)
{
	unsigned long flags;

	depot_lock(d, &flags);
	if (d->flushed && d->depth_kib < READ_ONCE(c->depot_max_kib))
		d->depth_kib *= 2;
	d->flushed = 0;
	depot_unlock(d, flags);
}

static void depot_add_full(const struct zmem_common *c, struct zmem_depot *d,
			   struct zmem_magazine *mag)
{
	zmem_magazine_stack(&d->full, mag);
	d->nr_full++;
	d->objects += mag->count;
	d->exchanges++;
	trace_zmem_depot_grow(c->name, mag->node, d->nr_full, d->nr_empty);
}

static struct zmem_magazine *depot_del_full(struct zmem_depot *d)
{
	struct zmem_magazine *mag = mag_pop(&d->full);

	if (!mag)
		return NULL;
	d->objects -= mag->count;
	d->nr_full--;
	d->full_min = min(d->full_min, d->nr_full);
	d->exchanges++;
	return mag;
}

/* A magazine of another size than the cache's present one is not kept. */
static bool depot_add_empty(const struct zmem_common *c, struct zmem_depot *d,
			    struct zmem_magazine *mag)
{
	if (mag->size != READ_ONCE(c->magazine_size))
		return false;
	zmem_magazine_stack(&d->empty, mag);
	d->nr_empty++;
	d->exchanges++;
	return true;
}

static struct zmem_magazine *depot_del_empty(struct zmem_depot *d)
{
	struct zmem_magazine *mag = mag_pop(&d->empty);

	if (!mag)
		return NULL;
	d->nr_empty--;
	d->empty_min = min(d->empty_min, d->nr_empty);
	d->exchanges++;
	return mag;
}

/* Takes out empty magazines beyond what a turn of the tide needs. */
static void depot_cut_empty(struct zmem_depot *d, struct zmem_magazine **dead)
{
	while (d->nr_empty > d->nr_full + ZMEM_EMPTY_SPARE)
		zmem_magazine_stack(dead, depot_del_empty(d));
}

/**
 * zmem_depot_get_full() - exchange an empty magazine for one with objects
 * @c: the cache
 * @node: whose depot
 * @empty: a magazine without objects, or NULL to give none
 *
 * Context: any but NMI.
 * Return: a magazine with objects, @empty being gone; or NULL, @empty being
 * still the caller's.
 */
struct zmem_magazine *zmem_depot_get_full(struct zmem_common *c, int node,
					  struct zmem_magazine *empty)
{
	struct zmem_depot *d = &c->node[node]->depot;
	struct zmem_magazine *mag, *dead = NULL;
	unsigned long flags;

	if (!READ_ONCE(d->nr_full)) {
		if (READ_ONCE(d->flushed))
			depot_deepen(c, d);
		return NULL;
	}
	depot_lock(d, &flags);
	mag = depot_del_full(d);
	if (mag && empty && !depot_add_empty(c, d, empty))
		zmem_magazine_stack(&dead, empty);
	depot_cut_empty(d, &dead);
	depot_unlock(d, flags);
	zmem_magazines_dissolve(c, dead);
	return mag;
}

/**
 * zmem_depot_get_empty() - exchange a full magazine for one without objects
 * @c: the cache
 * @node: whose depot
 * @full: a magazine with objects of that node, or NULL to give none
 *
 * Where the depot may not get deeper, @full's objects go to their slabs.
 *
 * Context: any but NMI.
 * Return: a magazine without objects, or NULL; @full is gone either way.
 */
struct zmem_magazine *zmem_depot_get_empty(struct zmem_common *c, int node,
					   struct zmem_magazine *full)
{
	struct zmem_depot *d = &c->node[node]->depot;
	struct zmem_magazine *mag;
	unsigned long flags;

	if (full)
		trace_zmem_flush(c->name, node, full->count);
	depot_lock(d, &flags);
	if (full && depot_has_room(c, d, full->count)) {
		depot_add_full(c, d, full);
		full = NULL;
	}
	d->flushed += !!full;
	mag = full ? NULL : depot_del_empty(d);
	depot_unlock(d, flags);
	if (!full)
		return mag;
	zmem_magazine_flush(c, full);
	if (full->size == READ_ONCE(c->magazine_size))
		return full;
	zmem_magazine_delete(c, full);
	return NULL;
}

/**
 * zmem_depot_put() - leave a magazine with its node's depot
 * @c: the cache
 * @mag: with or without objects; gone on return
 *
 * Context: any but NMI.
 */
void zmem_depot_put(struct zmem_common *c, struct zmem_magazine *mag)
{
	struct zmem_depot *d = &c->node[mag->node]->depot;
	struct zmem_magazine *dead = NULL;
	unsigned long flags;
	bool kept = true;

	depot_lock(d, &flags);
	if (!mag->count)
		kept = depot_add_empty(c, d, mag);
	else if (depot_has_room(c, d, mag->count))
		depot_add_full(c, d, mag);
	else
		kept = false;
	d->flushed += !kept && mag->count;
	depot_cut_empty(d, &dead);
	depot_unlock(d, flags);
	zmem_magazines_dissolve(c, dead);
	if (kept)
		return;
	zmem_magazine_flush(c, mag);
	zmem_magazine_delete(c, mag);
}

/* Takes the coldest magazines out: @full and @empty of them. */
static void depot_cut(struct zmem_depot *d, unsigned int full, unsigned int empty,
		      struct zmem_magazine **fulls, struct zmem_magazine **empties)
{
	struct zmem_magazine *mag;

	*fulls = mag_cut(&d->full, d->nr_full - full);
	*empties = mag_cut(&d->empty, d->nr_empty - empty);
	for (mag = *fulls; mag; mag = mag->next)
		d->objects -= mag->count;
	d->nr_full -= full;
	d->nr_empty -= empty;
	d->full_min -= min(d->full_min, full);
	d->empty_min -= min(d->empty_min, empty);
}

enum depot_strength {
	DEPOT_TRIM,		/* what was not worked with for a good while */
	DEPOT_REAP,		/* what was not worked with; looks anew */
	DEPOT_DRAIN,		/* all */
};

/* Gives the coldest magazines back; returns how many. */
static unsigned int depot_give_back(struct zmem_common *c, int node,
				    enum depot_strength strength)
{
	struct zmem_depot *d = &c->node[node]->depot;
	struct zmem_magazine *fulls, *empties;
	unsigned int full, empty;
	unsigned long flags;

	depot_lock(d, &flags);
	full = d->full_min;
	empty = d->empty_min;
	if (strength == DEPOT_DRAIN) {
		full = d->nr_full;
		empty = d->nr_empty;
	} else if (strength == DEPOT_TRIM && time_before(jiffies, d->looked + ZMEM_LOOK_MIN)) {
		full = 0;
		empty = 0;
	}
	depot_cut(d, full, empty, &fulls, &empties);
	if (strength == DEPOT_REAP) {
		d->full_min = d->nr_full;
		d->empty_min = d->nr_empty;
		d->looked = jiffies;
	}
	if (full && d->depth_kib > ZMEM_DEPOT_FIRST_KIB)
		d->depth_kib /= 2;
	depot_unlock(d, flags);

	trace_zmem_depot_trim(c->name, node, full, empty);
	zmem_magazines_dissolve(c, fulls);
	zmem_magazines_dissolve(c, empties);
	return full + empty;
}

/**
 * zmem_depot_trim() - give back a depot's magazines that lie idle
 * @c: the cache
 * @node: whose depot
 *
 * As zmem_depot_reap(), but the watch goes on: called again, it takes no more
 * unless less still was worked with.  Reclaim calls faster than a working set
 * shows; were each call a look, the second would take all that is left.
 *
 * Context: any but NMI.
 */
void zmem_depot_trim(struct zmem_common *c, int node)
{
	depot_give_back(c, node, DEPOT_TRIM);
}

/**
 * zmem_depot_drain() - give all of a depot's magazines back
 * @c: the cache
 * @node: whose depot
 *
 * Context: any but NMI.
 */
void zmem_depot_drain(struct zmem_common *c, int node)
{
	depot_give_back(c, node, DEPOT_DRAIN);
}

/**
 * zmem_depot_reap() - give back a depot's magazines that were not worked with
 * @c: the cache
 * @node: whose depot
 *
 * This is the tuner's look: from here on it is watched anew what is needed.
 *
 * Context: any but NMI.
 * Return: magazines given back.
 */
unsigned int zmem_depot_reap(struct zmem_common *c, int node)
{
	return depot_give_back(c, node, DEPOT_REAP);
}
