// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Caches with a reserve or a limit: what an allocation does before it fails.
 *
 * The fast path knows of neither.  Whoever needs every free to be seen closes
 * the cache: raises hold->closers, which sends the slow path past the
 * magazines, and has each CPU put back what it has (queued work, as only a CPU
 * touches its own magazines).  With no magazine loaded, every call takes the
 * slow path.  When the last closer goes, CPUs equip themselves anew.
 *
 * A task that was on its way with a magazine when the cache was closed puts it
 * into a depot.  So nobody relies on one drain: who waits asks for another.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <compat/work.h>

#include "internal.h"
#include "core/cache.h"
#include "core/hold.h"
#include "core/limit.h"
#include "core/reserve.h"
#include "core/slab.h"

/*
 * How often a caller that waits for a freed object looks for itself, lest it
 * depend on others' wake-ups alone, and a reserve that is not full for memory.
 */
#define ZMEM_HOLD_LOOK		(HZ / 10)
#define ZMEM_HOLD_REFILL	HZ

/*
 * A drain takes as long as it takes each CPU to run a work.  Who waits for
 * longer may be what keeps a CPU from it: he gives up.
 */
#define ZMEM_HOLD_PATIENCE	(5 * HZ)

/* Objects may have become free. */
static void hold_event(struct zmem_hold *h)
{
	atomic_inc(&h->events);
	if (wq_has_sleeper(&h->wait))
		wake_up_all(&h->wait);
}

/* Now, and later again if there is no memory now. */
static void hold_refill(struct zmem_hold *h)
{
	unsigned int nr = READ_ONCE(h->nr);

	if (!zmem_reserve_refill(h, GFP_NOWAIT | __GFP_NOMEMALLOC | __GFP_NOWARN))
		queue_delayed_work(zmem_unbound_wq, &h->work, ZMEM_HOLD_REFILL);
	if (READ_ONCE(h->nr) > nr)
		hold_event(h);
}

static void hold_work(struct work_struct *work)
{
	struct zmem_hold *h = container_of(to_delayed_work(work), struct zmem_hold, work);
	int asked = atomic_read(&h->asked);

	zmem_cache_drain(h->c);
	hold_refill(h);
	atomic_set_release(&h->drained, asked);
	wake_up_all(&h->wait);
}

/**
 * zmem_hold_ask() - have all CPUs put back what they have, soon
 * @h: of the cache, which is closed
 *
 * Context: any but NMI.
 * Return: which drain that is: it is over when @h->drained has come to it.
 */
int zmem_hold_ask(struct zmem_hold *h)
{
	int asked = atomic_inc_return(&h->asked);

	mod_delayed_work(zmem_unbound_wq, &h->work, 0);
	return asked;
}

/**
 * zmem_hold_drain() - have all CPUs put back what they have, and wait
 * @h: of the cache, which is closed
 *
 * Context: may sleep.
 * Return: false if that took too long.
 */
bool zmem_hold_drain(struct zmem_hold *h)
{
	int mine = zmem_hold_ask(h);

	return wait_event_timeout(h->wait, atomic_read_acquire(&h->drained) - mine >= 0,
				  ZMEM_HOLD_PATIENCE);
}

/* One object straight from the slabs, or NULL. */
void *zmem_hold_slab(struct zmem_hold *h, gfp_t gfp, int node)
{
	void *object;

	return zmem_slab_alloc(h->c, gfp, node, &object, 1) ? object : NULL;
}

/* All that can be tried without waiting for somebody to free. */
static void *hold_try(struct zmem_hold *h, gfp_t gfp, int node)
{
	void *object;

	object = zmem_limit_full(h->c) ? zmem_limit_alloc(h, gfp, node) :
					 zmem_hold_slab(h, gfp, node);
	if (!object && !(gfp & __GFP_THISNODE))
		object = zmem_reserve_get(h);
	return object;
}

/* Waits until something is freed, again and again. */
static void *hold_wait(struct zmem_hold *h, gfp_t gfp, int node)
{
	void *object;

	atomic_inc(&h->closers);
	for (;;) {
		int seen = atomic_read(&h->events);

		object = hold_try(h, gfp, node);
		if (object)
			break;
		zmem_hold_ask(h);
		wait_event_timeout(h->wait, atomic_read(&h->events) != seen,
				   ZMEM_HOLD_LOOK);
	}
	atomic_dec(&h->closers);
	return object;
}

static bool hold_may_wait(const struct zmem_hold *h, gfp_t gfp)
{
	if (!gfpflags_allow_blocking(gfp) || (gfp & __GFP_THISNODE))
		return false;
	return h->reserve || (gfp & __GFP_NOFAIL);
}

/**
 * zmem_hold_alloc() - allocate when all else failed
 * @c: a cache with a reserve or a limit
 * @gfp: ZMEM_GFP_PAGES
 * @node: preferred (required with __GFP_THISNODE), or NUMA_NO_NODE
 *
 * Context: as @gfp says.
 * Return: an object, or NULL.
 */
void *zmem_hold_alloc(struct zmem_common *c, gfp_t gfp, int node)
{
	struct zmem_hold *h = c->hold;
	void *object;

	if (node == NUMA_NO_NODE)
		node = numa_mem_id();
	object = hold_try(h, gfp, node);
	if (!object && zmem_limit_full(c) && zmem_limit_report(h))
		object = hold_try(h, gfp, node);
	if (!object && hold_may_wait(h, gfp))
		object = hold_wait(h, gfp, node);
	if (object)
		zmem_count(c, slow_allocs, 1);
	return object;
}

/* A free while the cache is closed: for the reserve, or for whoever waits. */
void __zmem_hold_free(struct zmem_common *c, void *object)
{
	struct zmem_hold *h = c->hold;

	if (!zmem_slab_in_use(c, object))
		return;
	if (!zmem_reserve_put(h, object))
		zmem_slab_free(c, &object, 1);
	hold_event(h);
}

/**
 * zmem_hold_init() - give a new cache its reserve and its limit
 * @c: the cache
 * @args: what was asked for; checked
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int zmem_hold_init(struct zmem_common *c, const struct zmem_cache_args *args)
{
	struct zmem_hold *h;

	if (!args->reserve && !args->limit)
		return 0;
	h = kzalloc(struct_size(h, objects, args->reserve), GFP_KERNEL);
	if (!h)
		return -ENOMEM;
	h->c = c;
	h->limit = args->limit;
	h->limit_reached = args->limit_reached;
	h->limit_arg = args->limit_arg;
	init_waitqueue_head(&h->wait);
	spin_lock_init(&h->lock);
	INIT_DELAYED_WORK(&h->work, hold_work);
	c->hold = h;
	return zmem_reserve_fill(h, args->reserve);
}

/* The cache is being unmade: nobody allocates or frees. */
void zmem_hold_exit(struct zmem_common *c)
{
	struct zmem_hold *h = c->hold;

	if (!h)
		return;
	cancel_delayed_work_sync(&h->work);
	zmem_slab_free(c, h->objects, h->nr);
	h->nr = 0;
}
