// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The objects that are out, in slots that everybody shares: what a task
 * allocated an interrupt frees on another CPU, and the other way round.
 *
 * Who wants a slot sets its state to BUSY; a slot that is busy already is left
 * alone, as an interrupt must do.
 */
#include <linux/kernel.h>
#include <linux/vmalloc.h>

#include "storm.h"

#define NR_SLOTS	2048
#define NR_BULK		16

enum { EMPTY, BUSY, FULL };

struct slot {
	atomic_t state;
	struct storm_held held;	/* whose state BUSY is, or FULL's */
};

static struct slot *slots;
static atomic64_t last_tag;

int storm_slots_make(void)
{
	slots = vzalloc(array_size(NR_SLOTS, sizeof(*slots)));
	return slots ? 0 : -ENOMEM;
}

static unsigned int body_words(const struct storm_held *h)
{
	return (h->size - sizeof(struct storm_object)) / sizeof(u64);
}

static u64 body_word(u64 tag, unsigned int n)
{
	return tag * 0x9e3779b97f4a7c15ULL + n;
}

/* Makes an object its holder's own. */
void storm_fill(struct storm_agent *a, struct storm_held *h)
{
	unsigned int n, words = body_words(h);

	if (storm_cache_keeps(h->cache) && h->object->tag)
		storm_bad(a, "has another holder", h);
	h->tag = atomic64_inc_return(&last_tag);
	h->object->tag = h->tag;
	for (n = 0; n < words; n++)
		h->object->body[n] = body_word(h->tag, n);
}

/* Looks whether it still is. */
void storm_check(struct storm_agent *a, const struct storm_held *h)
{
	unsigned int n, words = body_words(h);
	bool good = h->object->tag == h->tag;

	for (n = 0; n < words && good; n++)
		good = h->object->body[n] == body_word(h->tag, n);
	if (!good)
		storm_bad(a, "is not what was written to it", h);
	if (storm_cache_keeps(h->cache))
		h->object->tag = 0;
}

static void *alloc_object(struct storm_agent *a, struct storm_held *h)
{
	gfp_t gfp = storm_gfp(a);

	h->cache = storm_random(a, STORM_SIZES + 4);
	if (h->cache >= STORM_SIZES) {
		h->cache = STORM_SIZES;
		h->size = sizeof(struct storm_object) + storm_random(a, a->size_max);
		/* A page run of its own, charged to nobody in particular. */
		if (!storm_random(a, 16))
			gfp |= __GFP_ACCOUNT;
		return zmem_alloc(h->size, gfp);
	}
	h->size = storm_cache_size(h->cache);
	if (storm_cache_keeps(h->cache))
		gfp &= ~__GFP_ZERO;
	return zmem_cache_alloc(storm_caches[h->cache], gfp);
}

static void slot_alloc(struct storm_agent *a, struct storm_held *h)
{
	h->object = alloc_object(a, h);
	if (!h->object) {
		storm_count(a, STORM_failures);
		return;
	}
	storm_count(a, STORM_allocs);
	storm_fill(a, h);
}

static void slot_free(struct storm_agent *a, struct storm_held *h)
{
	storm_check(a, h);
	if (!storm_random(a, 8)) {
		storm_count(a, STORM_rcu_frees);
		zmem_free_rcu(h->object, rcu);
	} else if (h->cache == STORM_SIZES || !storm_random(a, 4)) {
		storm_count(a, STORM_frees);
		zmem_free(h->object);
	} else {
		storm_count(a, STORM_frees);
		zmem_cache_free(storm_caches[h->cache], h->object);
	}
	h->object = NULL;
}

static void step_slot(struct storm_agent *a)
{
	struct slot *s = &slots[storm_random(a, NR_SLOTS)];

	if (atomic_cmpxchg(&s->state, EMPTY, BUSY) == EMPTY) {
		slot_alloc(a, &s->held);
		atomic_set_release(&s->state, s->held.object ? FULL : EMPTY);
	} else if (atomic_cmpxchg(&s->state, FULL, BUSY) == FULL) {
		slot_free(a, &s->held);
		atomic_set_release(&s->state, EMPTY);
	} else {
		storm_count(a, STORM_busy);
	}
}

/* What bulks and prefills gave. */
static void check_all(struct storm_agent *a, unsigned int cache, void **objects,
		      unsigned int nr)
{
	struct storm_held held[NR_BULK];
	unsigned int n;

	for (n = 0; n < nr; n++) {
		held[n].object = objects[n];
		held[n].cache = cache;
		held[n].size = storm_cache_size(cache);
		storm_fill(a, &held[n]);
	}
	for (n = 0; n < nr; n++)
		storm_check(a, &held[n]);
}

static gfp_t bulk_gfp(struct storm_agent *a)
{
	return storm_gfp(a) & ~__GFP_ZERO;
}

static void step_bulk(struct storm_agent *a)
{
	unsigned int cache = storm_random(a, STORM_NR_CACHES);
	unsigned int nr = 1 + storm_random(a, NR_BULK);
	void *objects[NR_BULK];

	if (!zmem_cache_alloc_bulk(storm_caches[cache], bulk_gfp(a), nr, objects)) {
		storm_count(a, STORM_failures);
		return;
	}
	check_all(a, cache, objects, nr);
	storm_count(a, STORM_bulks);
	zmem_cache_free_bulk(storm_caches[cache], nr, objects);
}

/* Takes some of what was set aside; the rest goes back by itself. */
static void step_prefill(struct storm_agent *a)
{
	unsigned int cache = storm_random(a, STORM_NR_CACHES), n;
	struct zmem_prefill *prefill;
	void *objects[NR_BULK];

	prefill = zmem_cache_prefill(storm_caches[cache], bulk_gfp(a), NR_BULK);
	if (!prefill) {
		storm_count(a, STORM_failures);
		return;
	}
	for (n = 0; n < NR_BULK / 2; n++) {
		objects[n] = zmem_cache_alloc_prefilled(storm_caches[cache], GFP_NOWAIT,
							prefill);
		if (!objects[n])
			break;
	}
	if (n < NR_BULK / 2)
		storm_bad(a, "is missing from a prefill", NULL);
	check_all(a, cache, objects, n);
	storm_count(a, STORM_prefills);
	zmem_cache_free_bulk(storm_caches[cache], n, objects);
	zmem_cache_return_prefilled(storm_caches[cache], prefill);
}

static void step_shrink(struct storm_agent *a)
{
	storm_count(a, STORM_shrinks);
	zmem_cache_shrink(storm_caches[storm_random(a, STORM_NR_CACHES)]);
}

/**
 * storm_step() - one thing of those that an agent may do
 * @a: the agent
 */
void storm_step(struct storm_agent *a)
{
	u32 what = storm_random(a, 4096);

	if (what < 256)
		step_bulk(a);
	else if (what < 320 && !in_interrupt())
		step_prefill(a);
	else if (what == 4095 && !in_interrupt())
		step_shrink(a);
	else
		step_slot(a);
}

/* Nobody is at work any more. */
void storm_slots_free(struct storm_agent *a)
{
	unsigned int n;

	if (!slots)
		return;
	for (n = 0; n < NR_SLOTS; n++)
		if (atomic_read(&slots[n].state) == FULL)
			slot_free(a, &slots[n].held);
	vfree(slots);
	slots = NULL;
}
