/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What a cache with a reserve or a limit has besides others. */
#ifndef _ZMEM_CORE_HOLD_H
#define _ZMEM_CORE_HOLD_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "internal.h"
#include "core/slab.h"

/**
 * struct zmem_hold - a cache's reserve and limit
 * @c: the cache
 * @closers: who keeps its magazines closed: the reserve while it is not full,
 *	and each allocation that may sleep while it is at its wit's end
 * @reserve: objects that the reserve is to have
 * @limit: objects that callers may hold, or 0
 * @limit_reached: the owner's callback, or NULL
 * @limit_arg: for it
 * @out: objects that are out of slabs, if there is a limit
 * @asked: drains of all CPUs that were asked for
 * @drained: of them, those that are over
 * @events: times that objects may have become free
 * @wait: woken when @drained or @events grows
 * @work: drains all CPUs
 * @lock: the fields below
 * @nr: objects that the reserve has
 * @objects: a stack of them
 */
struct zmem_hold {
	struct zmem_common *c;
	atomic_t closers;
	unsigned int reserve;
	unsigned int limit;
	void (*limit_reached)(struct zmem_cache *cache, void *arg);
	void *limit_arg;
	atomic_long_t out ____cacheline_aligned_in_smp;
	atomic_t asked;
	atomic_t drained;
	atomic_t events;
	wait_queue_head_t wait;
	struct delayed_work work;
	spinlock_t lock;	/* the fields below */
	unsigned int nr;
	void *objects[];
};

int zmem_hold_init(struct zmem_common *cache, const struct zmem_cache_args *args);
void zmem_hold_exit(struct zmem_common *cache);
void *zmem_hold_alloc(struct zmem_common *cache, gfp_t gfp, int node);
void __zmem_hold_free(struct zmem_common *cache, void *object);

void *zmem_hold_slab(struct zmem_hold *hold, gfp_t gfp, int node);
int zmem_hold_ask(struct zmem_hold *hold);
bool zmem_hold_drain(struct zmem_hold *hold);

/* Whether each call is to go to the slabs. */
static inline bool zmem_magazines_off(const struct zmem_common *c)
{
	return (c->flags & ZMEM_NO_MAGAZINES) ||
	       (c->hold && atomic_read(&c->hold->closers));
}

/* Puts an object back that no magazine takes. */
static inline void zmem_hold_free(struct zmem_common *c, void *object)
{
	if (unlikely(c->hold && atomic_read(&c->hold->closers)))
		__zmem_hold_free(c, object);
	else
		zmem_slab_free(c, &object, 1);
}

/*
 * Where a reserve is at hand the page allocator is not to kill for memory, nor
 * to try for ever.
 */
static inline gfp_t zmem_hold_gfp(const struct zmem_common *c, gfp_t gfp)
{
	if (likely(!c->hold) || !c->hold->reserve)
		return gfp;
	return (gfp & ~(__GFP_NOFAIL | __GFP_RETRY_MAYFAIL)) | __GFP_NORETRY |
	       __GFP_NOWARN;
}

#endif /* _ZMEM_CORE_HOLD_H */
