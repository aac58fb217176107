/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A storm: tasks, softirqs and hard interrupts that allocate and free from the
 * same caches, and look whether each object is still what they made of it.
 *
 *	slots.c		objects that are out, shared by everybody
 *	agents.c	who takes and fills slots: tasks, tasklets, timers
 *	caches.c	where the objects are from
 *	churn.c		caches that come and go meanwhile
 *	pressure.c	takes all memory there is, now and then
 *	main.c		parameters, counts, start and end
 *
 * An object is written from end to end with what follows from its tag, which
 * is no other object's. If the allocator gave it to a second caller, one of the
 * two finds the other's bytes when it frees it; if it lost one, destroying the
 * cache says so.
 */
#ifndef _ZMEM_STORM_H
#define _ZMEM_STORM_H

#include <linux/atomic.h>
#include <linux/interrupt.h>
#include <linux/prandom.h>
#include <linux/types.h>
#include <zmem/zmem.h>

/* What is counted; each agent counts for itself. */
#define STORM_COUNTS(X)	\
	X(allocs) X(frees) X(rcu_frees) X(bulks) X(prefills) X(shrinks) \
	X(failures) X(busy) X(caches) X(no_cache) X(squeezes) X(bad)

enum storm_count {
#define X(name)	STORM_##name,
	STORM_COUNTS(X)
#undef X
	STORM_NR_COUNTS
};

/**
 * struct storm_agent - one context that works
 * @rnd: its random numbers: what it tries follows from the seed
 * @n: its counts; written by it alone, read by anyone
 * @gfp: flags that it may use
 * @nr_gfp: of them
 * @size_max: of objects by size
 */
struct storm_agent {
	struct rnd_state rnd;
	unsigned long n[STORM_NR_COUNTS];
	const gfp_t *gfp;
	unsigned int nr_gfp;
	unsigned int size_max;
};

/* An object. The body goes on to its end. */
struct storm_object {
	struct rcu_head rcu;
	u64 tag;
	u64 body[];
};

/**
 * struct storm_held - an object that is out
 * @object: it
 * @tag: what was written to it
 * @cache: index of its cache, or STORM_SIZES
 * @size: bytes of it
 */
struct storm_held {
	struct storm_object *object;
	u64 tag;
	unsigned int cache;
	unsigned int size;
};

#define STORM_SIZES	STORM_NR_CACHES	/* from zmem_alloc() */
#define STORM_NR_CACHES	8

extern struct zmem_cache *storm_caches[STORM_NR_CACHES];

static inline u32 storm_random(struct storm_agent *a, u32 below)
{
	return prandom_u32_state(&a->rnd) % below;
}

static inline void storm_count(struct storm_agent *a, enum storm_count what)
{
	WRITE_ONCE(a->n[what], a->n[what] + 1);
}

static inline gfp_t storm_gfp(struct storm_agent *a)
{
	return a->gfp[storm_random(a, a->nr_gfp)] | __GFP_NOWARN;
}

void storm_agent_init(struct storm_agent *a, unsigned int number);
void storm_bad(struct storm_agent *a, const char *what, const struct storm_held *h);

int storm_caches_make(void);
void storm_caches_destroy(void);
unsigned int storm_cache_size(unsigned int cache);
bool storm_cache_keeps(unsigned int cache);
void storm_ctor(void *object);

void storm_fill(struct storm_agent *a, struct storm_held *h);
void storm_check(struct storm_agent *a, const struct storm_held *h);
int storm_slots_make(void);
void storm_slots_free(struct storm_agent *a);
void storm_step(struct storm_agent *a);

int storm_agents_start(unsigned int tasks);
void storm_agents_stop(void);
int storm_churn_start(void);
void storm_churn_stop(void);
int storm_pressure_start(void);
void storm_pressure_stop(void);

#endif /* _ZMEM_STORM_H */
