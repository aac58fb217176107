// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * From calls to objects: the CPUs' calls merged by time, addresses replaced
 * by dense ids.  The kernel tells of a free before it happens and of an
 * allocation after, so an address is never seen to live twice at a time,
 * unless calls were missed.
 */
#include <stdlib.h>
#include <linux/zmem_stream.h>
#include "record.h"
#include "tool.h"

#define DEAD	0xffffffffu

/* What is known of an address. */
struct place {
	uint64_t address;	/* 0: an empty slot */
	uint32_t object;	/* or DEAD */
	uint32_t key;
	uint32_t size;
};

struct places {
	struct place *place;
	size_t count, room;	/* room is a power of two */
};

struct matcher {
	struct recording *r;
	struct places places;
	uint32_t *unused;	/* ids to use again, the latest last */
	size_t nr_unused, unused_room;
	uint32_t *key_hash;	/* index + 1 */
	size_t key_room;
};

static uint64_t mix(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15ull;
	return x ^ (x >> 29);
}

static struct place *probe(struct places *p, uint64_t address)
{
	size_t i = mix(address) & (p->room - 1);

	while (p->place[i].address && p->place[i].address != address)
		i = (i + 1) & (p->room - 1);
	return &p->place[i];
}

static void places_grow(struct places *p)
{
	struct places old = *p;
	size_t i;

	p->room = old.room ? old.room * 2 : 1 << 16;
	p->place = xalloc(p->room * sizeof(*p->place));
	for (i = 0; i < old.room; i++)
		if (old.place[i].address)
			*probe(p, old.place[i].address) = old.place[i];
	free(old.place);
}

/* The place of an address, a new one dead and without an address. */
static struct place *find_place(struct places *p, uint64_t address)
{
	struct place *place;

	if (p->count * 2 >= p->room)
		places_grow(p);
	place = probe(p, address);
	if (!place->address) {
		place->object = DEAD;
		p->count++;
	}
	return place;
}

static void keys_rehash(struct matcher *m)
{
	size_t i, slot;

	free(m->key_hash);
	m->key_room = m->key_room ? m->key_room * 2 : 1024;
	m->key_hash = xalloc(m->key_room * sizeof(*m->key_hash));
	for (i = 0; i < m->r->keys; i++) {
		slot = mix(m->r->key[i].site + m->r->key[i].alloc * 64ull);
		while (m->key_hash[slot & (m->key_room - 1)])
			slot++;
		m->key_hash[slot & (m->key_room - 1)] = i + 1;
	}
}

static bool key_is(const struct key *k, const struct call *c, uint64_t site)
{
	return k->site == site && k->alloc == c->alloc &&
	       k->kmalloc == c->kmalloc && (c->kmalloc || k->req == c->req) &&
	       (!c->name || k->name == c->name);
}

/* kmalloc's calls have a key for each size that it gives; see key_of(). */
static uint32_t find_key(struct matcher *m, const struct call *c, uint64_t site)
{
	struct recording *r = m->r;
	size_t slot = mix(site + c->alloc * 64ull);
	uint32_t n;

	if (r->keys * 2 >= m->key_room)
		keys_rehash(m);
	while ((n = m->key_hash[slot & (m->key_room - 1)])) {
		if (key_is(&r->key[n - 1], c, site))
			return n - 1;
		slot++;
	}
	r->key = xgrow(r->key, r->keys, &r->keys_room, sizeof(*r->key));
	r->key[r->keys] = (struct key){
		.site = site, .req = c->req, .alloc = c->alloc,
		.name = c->name, .kmalloc = c->kmalloc,
	};
	m->key_hash[slot & (m->key_room - 1)] = ++r->keys;
	return r->keys - 1;
}

static uint32_t key_of(struct matcher *m, const struct call *c)
{
	uint32_t n = find_key(m, c, c->kmalloc ? 0 : c->site);
	struct key *k = &m->r->key[n];

	if (c->req > k->req)
		k->req = c->req;
	return n;
}

static void happen(struct matcher *m, const struct call *c, unsigned int cpu,
		   const struct place *p, unsigned int kind)
{
	struct recording *r = m->r;

	r->happening = xgrow(r->happening, r->happenings,
			     &r->happenings_room, sizeof(*r->happening));
	r->happening[r->happenings++] = (struct happening){
		.time = c->time, .object = p->object, .size = p->size,
		.key = p->key, .cpu = cpu, .kind = kind,
	};
}

static void end_object(struct matcher *m, struct place *p)
{
	m->unused = xgrow(m->unused, m->nr_unused, &m->unused_room,
			  sizeof(*m->unused));
	m->unused[m->nr_unused++] = p->object;
	p->object = DEAD;
	m->r->live--;
}

static void on_alloc(struct matcher *m, const struct call *c, unsigned int cpu)
{
	struct place *p = find_place(&m->places, c->address);
	int node = c->node < 0 ? (int)ZMEM_STREAM_NODE_ANY : c->node;

	if (p->object != DEAD) {
		m->r->forced++;
		happen(m, c, cpu, p, ZMEM_STREAM_FREE | ZMEM_STREAM_FORCED |
		       ZMEM_STREAM_NODE_ANY << ZMEM_STREAM_NODE_SHIFT);
		end_object(m, p);
	}
	p->address = c->address;
	p->object = m->nr_unused ? m->unused[--m->nr_unused] : m->r->objects++;
	p->size = c->req;
	p->key = key_of(m, c);
	m->r->live++;
	happen(m, c, cpu, p, c->kind | node << ZMEM_STREAM_NODE_SHIFT);
}

static void on_free(struct matcher *m, const struct call *c, unsigned int cpu)
{
	struct place *p = find_place(&m->places, c->address);

	if (p->object == DEAD) {
		if (p->address)
			m->r->unmatched++;
		else
			m->r->dropped++;
		p->address = c->address;
		return;
	}
	if (c->name && !m->r->key[p->key].name && !m->r->key[p->key].kmalloc)
		m->r->key[p->key].name = c->name;
	happen(m, c, cpu, p, c->kind |
	       ZMEM_STREAM_NODE_ANY << ZMEM_STREAM_NODE_SHIFT);
	end_object(m, p);
}

/* The CPU whose next call is the earliest, or -1. */
static int earliest(const struct calls *calls, const size_t *at,
		    unsigned int cpus)
{
	int best = -1;
	unsigned int i;

	for (i = 0; i < cpus; i++)
		if (at[i] < calls[i].count &&
		    (best < 0 || calls[i].call[at[i]].time <
				 calls[best].call[at[best]].time))
			best = i;
	return best;
}

/**
 * match_calls() - make objects of calls
 * @r: zeroed; filled in
 * @calls: of each CPU, in order of time
 * @cpus: how many
 */
void match_calls(struct recording *r, const struct calls *calls,
		 unsigned int cpus)
{
	size_t *at = xalloc(cpus * sizeof(*at));
	struct matcher m = { .r = r };
	const struct call *c;
	int cpu;

	while ((cpu = earliest(calls, at, cpus)) >= 0) {
		c = &calls[cpu].call[at[cpu]++];
		if (!r->seen++)
			r->begin = c->time;
		r->end = c->time;
		if ((c->kind & ZMEM_STREAM_KIND) == ZMEM_STREAM_ALLOC)
			on_alloc(&m, c, cpu);
		else
			on_free(&m, c, cpu);
	}
	free(at);
	free(m.places.place);
	free(m.unused);
	free(m.key_hash);
}
