// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What a replay calls: caches of its own in zmem or in the kernel, and what
 * they came to.
 *
 * An object cache of the stream becomes one of the same size and alignment.
 * Sizes get zmem's size classes or kmalloc's, one cache each, if the replay
 * is to account for them.  What is too large for either becomes page runs.
 */
#include <linux/atomic.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "internal.h"
#include "core/stats.h"
#include "replay_run.h"

/* Before 6.5 there is no such flag, but this one has the same effect. */
#ifndef SLAB_NO_MERGE
#define SLAB_NO_MERGE	SLAB_NOLEAKTRACE
#endif

static atomic_t replay_serial;

static const struct zmem_stream_cache *stream_cache(const struct replay *r, u32 n)
{
	return &r->stream.caches[n];
}

static bool is_kmalloc(const struct zmem_stream_cache *c)
{
	return __le32_to_cpu(c->flags) & ZMEM_STREAM_KMALLOC;
}

/* A name that both allocators take, and nobody else has. */
static void name_own(struct replay_own *own, u32 serial, u32 n,
		     const char *name)
{
	char *p;

	snprintf(own->name, sizeof(own->name), "rp%u.%u-%s", serial, n, name);
	for (p = own->name; *p; p++)
		if (!isalnum(*p) && !strchr("-_.", *p))
			*p = '_';
}

static int make_zmem(struct replay_own *own, u32 size, u32 align)
{
	struct zmem_cache_args args = { .align = align };

	own->object_size = size;
	own->zmem = zmem_cache_create(own->name, size, &args);
	return PTR_ERR_OR_ZERO(own->zmem);
}

static int make_kmem(struct replay_own *own, u32 size, u32 align)
{
	own->object_size = size;
	own->kmem = kmem_cache_create(own->name, size, align, SLAB_NO_MERGE, NULL);
	return own->kmem ? 0 : -ENOMEM;
}

/* kmalloc promises the largest power of two that divides the size. */
static u32 natural_align(u32 size)
{
	return min_t(u32, size & -size, PAGE_SIZE);
}

static int make_class(struct replay *r, unsigned int class, u32 serial)
{
	struct replay_own *own = &r->own[r->nr_own];
	u32 size = zmem_cache_size(zmem_size_caches[class]);
	char name[16];
	int error;

	snprintf(name, sizeof(name), "size-%u", size);
	name_own(own, serial, r->nr_own, name);
	error = make_zmem(own, size, natural_align(size));
	if (error)
		return error;
	r->class[class] = own;
	r->nr_own++;
	return 0;
}

/* Size classes as the events need them. */
static int make_classes(struct replay *r, u32 serial)
{
	const struct zmem_stream_event *e = r->stream.events;
	unsigned int class;
	u64 i;
	int error;

	for (i = 0; i < r->stop_at; i++, e++) {
		if (!r->caches[replay_cache_index(e)].classes)
			continue;
		class = zmem_size_class(replay_size(e));
		error = r->class[class] ? 0 : make_class(r, class, serial);
		if (error)
			return error;
	}
	return 0;
}

/* A cache for stream cache @n, unless by class or as page runs. */
static int make_cache(struct replay *r, u32 n, u32 serial)
{
	const struct zmem_stream_cache *c = stream_cache(r, n);
	bool kmalloc = is_kmalloc(c), zmem = r->target == ZMEM_REPLAY_ZMEM;
	u32 size = __le32_to_cpu(kmalloc ? c->bytes_alloc : c->bytes_req);
	u32 align = kmalloc ? natural_align(size) : __le32_to_cpu(c->align);
	struct replay_own *own = &r->own[r->nr_own];
	int error;

	if (kmalloc && !(r->flags & ZMEM_REPLAY_CLASSES))
		return 0;
	if (size > (kmalloc ? ZMEM_MEDIUM_MAX :
		    zmem ? ZMEM_OBJECT_MAX : KMALLOC_MAX_SIZE))
		return 0;
	if (zmem && kmalloc) {
		r->caches[n].classes = true;
		return 0;
	}
	name_own(own, serial, r->nr_own, c->name);
	error = zmem ? make_zmem(own, size, align) : make_kmem(own, size, align);
	if (error)
		return error;
	r->caches[n].zmem = own->zmem;
	r->caches[n].kmem = own->kmem;
	r->caches[n].own = own;
	r->nr_own++;
	return 0;
}

static void look_at(struct replay_shared *shared)
{
	struct zmem_snapshot *s = kmalloc(sizeof(*s), GFP_KERNEL);
	unsigned int n;

	memset(shared, 0, sizeof(*shared));
	for (n = 0; s && !zmem_snapshot_nth(n, s); n++) {
		if (!strcmp(s->name, "zmem-large")) {
			shared->large_allocs = s->allocs;
			shared->large_fresh = s->fresh;
			shared->large_allocated = s->bytes_allocated;
			shared->large_held = s->bytes_held;
		} else if (!strncmp(s->name, "zmem-meta-", 10)) {
			shared->meta_slack += s->bytes_held - s->bytes_allocated;
		}
	}
	kfree(s);
}

/**
 * zmem_replay_caches_create() - make the caches that a replay needs
 * @r: the replay
 *
 * Context: may sleep.
 * Return: 0 or a negative errno; the caller destroys them in either case.
 */
int zmem_replay_caches_create(struct replay *r)
{
	u32 serial = atomic_inc_return(&replay_serial), n;
	int error;

	r->caches = kvcalloc(max(r->stream.nr_caches, 1u), sizeof(*r->caches),
			     GFP_KERNEL);
	r->own = kvcalloc(r->stream.nr_caches + ZMEM_SIZE_CLASSES + 1,
			  sizeof(*r->own), GFP_KERNEL);
	if (!r->caches || !r->own)
		return -ENOMEM;
	look_at(&r->before);
	if (r->target == ZMEM_REPLAY_NULL)
		return 0;
	for (n = 0; n < r->stream.nr_caches; n++) {
		error = make_cache(r, n, serial);
		if (error)
			return error;
	}
	error = make_classes(r, serial);
	if (error)
		return error;
	strscpy(r->own[r->nr_own++].name, "pages", ZMEM_NAME_MAX);
	return 0;
}

/**
 * zmem_replay_caches_destroy() - undo zmem_replay_caches_create()
 * @r: the replay, without live objects
 *
 * Context: may sleep.
 */
void zmem_replay_caches_destroy(struct replay *r)
{
	u32 n;

	for (n = 0; r->own && n < r->stream.nr_caches + ZMEM_SIZE_CLASSES + 1; n++) {
		if (!IS_ERR_OR_NULL(r->own[n].zmem))
			zmem_cache_destroy(r->own[n].zmem);
		kmem_cache_destroy(r->own[n].kmem);
	}
	kvfree(r->own);
	kvfree(r->caches);
}

/* Bytes of pages that an event beyond all caches takes, or 0. */
static u32 page_bytes(const struct replay *r, u32 size)
{
	if (r->target == ZMEM_REPLAY_ZMEM && size > ZMEM_MEDIUM_MAX)
		return PAGE_ALIGN(size);
	if (r->target == ZMEM_REPLAY_KMEM && size > ZMEM_MEDIUM_MAX)
		return PAGE_SIZE << get_order(size);
	return 0;
}

static struct replay_own *own_of(struct replay *r,
				 const struct zmem_stream_event *e)
{
	struct replay_cache *c = &r->caches[replay_cache_index(e)];

	if (c->classes)
		return r->class[zmem_size_class(replay_size(e))];
	if (c->own || !page_bytes(r, replay_size(e)))
		return c->own;
	return &r->own[r->nr_own - 1];
}

/**
 * zmem_replay_account() - reckon what the events come to
 * @r: the replay, with its caches
 *
 * Not while they run: it would be seen in their time.
 *
 * Context: may sleep.
 */
void zmem_replay_account(struct replay *r)
{
	const struct zmem_stream_event *e = r->stream.events;
	struct replay_own none = {}, *own;
	u64 i;

	for (i = 0; i < r->stop_at; i++, e++) {
		own = own_of(r, e) ?: &none;
		if (replay_is_free(e)) {
			r->frees++;
			own->live--;
			own->requested -= replay_size(e);
			own->allocated -= page_bytes(r, replay_size(e));
		} else {
			r->allocs++;
			own->allocs++;
			own->live++;
			own->requested += replay_size(e);
			own->allocated += page_bytes(r, replay_size(e));
		}
		if (i % 65536 == 0)
			cond_resched();
	}
}

static void take_snapshot(const struct replay_own *own,
			  struct zmem_replay_cache *out,
			  struct zmem_snapshot *s)
{
	zmem_snapshot_take(zmem_common(own->zmem), s);
	out->size = s->size;
	out->allocated = s->bytes_allocated;
	out->held = s->bytes_held;
	out->slabs = s->slabs;
	out->cached = s->cached;
	out->magazines = s->magazines;
	out->hits = s->hits;
	out->fresh = s->fresh;
}

/* Runs are everybody's: what has come since the beginning is the replay's. */
static void take_pages(const struct replay *r, const struct replay_own *own,
		       struct zmem_replay_cache *out)
{
	struct replay_shared now;

	out->allocated = own->allocated;
	out->held = own->allocated;
	if (r->target != ZMEM_REPLAY_ZMEM)
		return;
	look_at(&now);
	out->held = now.large_held - min(now.large_held, r->before.large_allocated);
	out->held += now.meta_slack - min(now.meta_slack, r->before.meta_slack);
	out->fresh = now.large_fresh - r->before.large_fresh;
	out->hits = 0;
}

static void cache_totals(const struct replay *r, const struct replay_own *own,
			 struct zmem_replay_cache *out, struct zmem_snapshot *s)
{
	*out = (struct zmem_replay_cache){
		.object_size = own->object_size,
		.allocs = own->allocs,
		.live = own->live,
		.requested = own->requested,
		.allocated = ZMEM_REPLAY_UNKNOWN,
		.held = ZMEM_REPLAY_UNKNOWN,
		.slabs = ZMEM_REPLAY_UNKNOWN,
		.cached = ZMEM_REPLAY_UNKNOWN,
		.magazines = ZMEM_REPLAY_UNKNOWN,
		.hits = ZMEM_REPLAY_UNKNOWN,
		.fresh = ZMEM_REPLAY_UNKNOWN,
	};
	strscpy(out->name, own->name, sizeof(out->name));
	if (own->zmem)
		take_snapshot(own, out, s);
	else if (!own->kmem)
		take_pages(r, own, out);
}

/**
 * zmem_replay_cache_totals() - what one of the replay's own caches came to
 * @r: the replay
 * @n: which, below nr_own
 * @out: filled in
 *
 * Context: may sleep.
 */
void zmem_replay_cache_totals(const struct replay *r, u32 n,
			      struct zmem_replay_cache *out)
{
	struct zmem_snapshot s;

	cache_totals(r, &r->own[n], out, &s);
}

static void add_known(u64 *sum, u64 value)
{
	if (value == ZMEM_REPLAY_UNKNOWN || *sum == ZMEM_REPLAY_UNKNOWN)
		*sum = ZMEM_REPLAY_UNKNOWN;
	else
		*sum += value;
}

static void add_own(const struct replay *r, u32 n, struct zmem_replay *out)
{
	const struct replay_own *own = &r->own[n];
	struct zmem_replay_cache c;
	struct zmem_snapshot s;

	cache_totals(r, own, &c, &s);
	out->requested += c.requested;
	out->live += c.live;
	add_known(&out->allocated, c.allocated);
	add_known(&out->held, c.held);
	add_known(&out->hits, c.hits);
	add_known(&out->fresh, c.fresh);
	if (!own->zmem)
		return;
	out->exchanges += s.exchanges;
	out->contended += s.contended;
	out->remote_frees += s.remote_frees;
}

/**
 * zmem_replay_totals() - what all of the replay's own caches came to
 * @r: the replay
 * @out: its numbers are filled in, but for times
 *
 * Context: may sleep.
 */
void zmem_replay_totals(struct replay *r, struct zmem_replay *out)
{
	u64 *numbers[] = {
		&out->live, &out->requested, &out->allocated, &out->held,
		&out->hits, &out->fresh, &out->exchanges, &out->contended,
		&out->remote_frees,
	};
	unsigned int i, known = r->target == ZMEM_REPLAY_ZMEM ? 9 : 2;
	u32 n;

	if (r->target == ZMEM_REPLAY_NULL)
		known = 0;
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		*numbers[i] = i < known ? 0 : ZMEM_REPLAY_UNKNOWN;
	out->nr_caches = r->nr_own;
	out->cpus = r->cpus;
	out->allocs = r->allocs;
	out->frees = r->frees;
	out->failures = r->failures;
	for (n = 0; n < r->nr_own; n++)
		add_own(r, n, out);
}
