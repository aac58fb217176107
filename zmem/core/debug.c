// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Debug caches: objects as they come and go.
 *
 * Their magazines are closed, so that each call gets here.  An object's record
 * says whether it is a caller's; it changes, and the object's bytes are looked
 * at and painted, under the slab lock of its node, so that zmem_cache_validate()
 * sees both of one moment.  What is found is told once the lock is given back.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kmemleak.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <compat/stack.h>

#include "internal.h"
#include "core/alloc.h"
#include "core/damage.h"
#include "core/debug.h"
#include "core/hold.h"
#include "core/slab.h"
#include "core/slab_layout.h"

/*
 * Red zones on both sides of each object.  A page between two aligned objects
 * is dear, but theirs to ask for.  Powers of two are aligned to themselves, as
 * no class need say where objects lie side by side.
 */
static void red_zone_layout(struct zmem_common *c)
{
	if (c->flags & ZMEM_SIZE_CLASS)
		c->align = max(c->align, c->object_size & -c->object_size);
	c->head = ALIGN(ZMEM_RED_LEFT, c->align);
	c->size = ALIGN(ZMEM_RED_LEFT + c->object_size + ZMEM_RED_RIGHT, c->align);
}

/**
 * zmem_debug_init() - make a new cache a debug cache
 * @c: the cache; its sizes are those without red zones
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int zmem_debug_init(struct zmem_common *c)
{
	struct zmem_debug *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int err = 0;

	if (!d)
		return -ENOMEM;
	spin_lock_init(&d->quarantine.lock);
	c->debug = d;
	if (c->debug_flags & ZMEM_DEBUG_TRACK)
		err = zmem_stack_init();
	if (c->debug_flags & ZMEM_DEBUG_RED_ZONE)
		red_zone_layout(c);
	if (!err && c->debug_flags & ZMEM_DEBUG_QUARANTINE)
		err = zmem_quarantine_init(c);
	return err;
}

/* The cache is unmade, and its slabs are gone. */
void zmem_debug_exit(struct zmem_common *c)
{
	if (c->debug)
		kfree(c->debug->quarantine.ring);
	kfree(c->debug);
}

/* Bytes that the records of @nr objects take. */
size_t zmem_debug_record_bytes(unsigned int nr)
{
	return nr * sizeof(struct zmem_record);
}

/* An object's record, behind the slab's maps. */
struct zmem_record *zmem_debug_record(struct zmem_slab *slab, unsigned int index)
{
	struct zmem_record *records = (struct zmem_record *)
		(slab->map + (zmem_slab_is_random(slab->cache) ? 2 : 1) *
			     BITS_TO_LONGS(slab->nr));

	return &records[index];
}

/* The record of what is an object of a debug cache, or NULL. */
static struct zmem_record *record_of(const struct zmem_common *c, const void *object)
{
	enum zmem_misuse kind;
	unsigned int index;
	struct zmem_slab *slab = zmem_slab_of(c, object, &index, &kind);

	return slab ? zmem_debug_record(slab, index) : NULL;
}

/* Bytes that the owner of an object may use. */
size_t zmem_debug_requested(const struct zmem_common *c, const void *object)
{
	const struct zmem_record *record = record_of(c, object);

	return record ? READ_ONCE(record->requested) : 0;
}

static void event_print(const char *what, const struct zmem_event *e)
{
	if (!e->when)
		return;
	pr_err("zmem: %s %llu ms ago on CPU %d by pid %d:\n", what,
	       (ktime_get_mono_fast_ns() - e->when) / NSEC_PER_MSEC, e->cpu, e->pid);
	zmem_stack_print(e->stack);
}

/**
 * zmem_debug_describe() - print who allocated an object last, and who freed it
 * @object: any pointer
 *
 * Context: any but NMI.
 */
void zmem_debug_describe(const void *object)
{
	struct zmem_cache *cache = zmem_cache_of(object);
	struct zmem_common *c = cache ? zmem_common(cache) : NULL;
	const struct zmem_record *record;

	if (!c || !c->debug)
		return;
	/* Also where a pointer leads into it. */
	record = record_of(c, zmem_slab_object(object));
	if (!record)
		return;
	pr_err("zmem: it is an object of cache %s, %u bytes requested\n", c->name,
	       record->requested);
	event_print("allocated", &record->allocated);
	event_print("freed", &record->freed);
}

/* Paints a new slab: all objects are free. */
void zmem_debug_slab_init(struct zmem_slab *slab)
{
	unsigned int i;

	for (i = 0; i < slab->nr; i++)
		zmem_object_init(slab->cache, zmem_slab_nth(slab, i));
}

/* Looks at a slab of free objects that is about to go, and that nobody has. */
void zmem_debug_slab_check(struct zmem_slab *slab)
{
	struct zmem_damage damage = {};
	unsigned int i;

	for (i = 0; i < slab->nr; i++)
		zmem_object_check(slab->cache, zmem_slab_nth(slab, i),
				  zmem_debug_record(slab, i), &damage, true);
	zmem_damage_tell(slab->cache, &damage);
}

/* Who is at it now. */
static struct zmem_event event_now(const struct zmem_common *c, gfp_t gfp)
{
	if (!(c->debug_flags & ZMEM_DEBUG_TRACK))
		return (struct zmem_event){};
	return (struct zmem_event){
		.when = ktime_get_mono_fast_ns(),
		.stack = zmem_stack_save(gfp),
		.pid = zmem_task_pid(),
		.cpu = raw_smp_processor_id(),
	};
}

/**
 * zmem_debug_alloc() - an object becomes a caller's
 * @c: a debug cache
 * @object: out of its slab
 * @size: bytes requested, or 0: of an object cache all, of a class unknown
 * @gfp: as the caller's
 *
 * Context: as @gfp says.
 */
void zmem_debug_alloc(struct zmem_common *c, void *object, size_t size, gfp_t gfp)
{
	struct zmem_event now = event_now(c, gfp & ~(__GFP_NOFAIL | __GFP_ZERO));
	struct zmem_damage damage = {};
	struct zmem_record *record;
	enum zmem_misuse kind;
	struct zmem_slab *slab;
	unsigned long flags;
	unsigned int index;

	slab = zmem_slab_of(c, object, &index, &kind);
	record = zmem_debug_record(slab, index);
	if (!size && c->flags & ZMEM_SIZE_CLASS)
		WRITE_ONCE(c->debug->inexact, true);
	size = size ? size : c->object_size;

	spin_lock_irqsave(&zmem_slab_node(slab)->lock, flags);
	zmem_object_check(c, object, record, &damage, true);
	record->state = ZMEM_RECORD_LIVE;
	record->requested = size;
	record->allocated = now;
	zmem_unpoison(object, c->object_size);
	zmem_object_red(c, object, size);
	zmem_poison(object, zmem_poison_bytes(c));
	spin_unlock_irqrestore(&zmem_slab_node(slab)->lock, flags);

	atomic_long_add(size, &c->debug->requested);
	kmemleak_alloc(object, size, 1, gfp & ~__GFP_NOFAIL);
	zmem_damage_tell(c, &damage);
}

/* Marks a live object freed and looks at it; whether it was live. */
static bool record_free(struct zmem_common *c, struct zmem_slab *slab, unsigned int index,
			struct zmem_damage *damage)
{
	struct zmem_event now = event_now(c, GFP_NOWAIT | __GFP_NOMEMALLOC);
	struct zmem_record *record = zmem_debug_record(slab, index);
	void *object = zmem_slab_nth(slab, index);
	unsigned long flags;
	bool live;

	spin_lock_irqsave(&zmem_slab_node(slab)->lock, flags);
	live = record->state == ZMEM_RECORD_LIVE;
	if (live) {
		zmem_object_check(c, object, record, damage, true);
		atomic_long_sub(record->requested, &c->debug->requested);
		kmemleak_free(object);
		record->state = ZMEM_RECORD_QUARANTINED;
		record->freed = now;
		zmem_unpoison(object, c->object_size);
		zmem_object_clear(c, object);
		zmem_poison(object, zmem_poison_bytes(c));
	}
	spin_unlock_irqrestore(&zmem_slab_node(slab)->lock, flags);
	return live;
}

/**
 * zmem_debug_free() - an object is a caller's no longer
 * @c: a debug cache
 * @object: of a page that is the cache's
 *
 * Misuse is told, and the object left alone.
 *
 * Context: any but NMI.
 */
void zmem_debug_free(struct zmem_common *c, void *object)
{
	struct zmem_damage damage = {};
	enum zmem_misuse kind;
	struct zmem_slab *slab;
	unsigned int index;

	slab = zmem_slab_of(c, object, &index, &kind);
	if (slab && !record_free(c, slab, index, &damage)) {
		slab = NULL;
		kind = ZMEM_DOUBLE_FREE;
	}
	if (!slab) {
		zmem_report(c, kind, object);
		return;
	}
	zmem_count(c, slow_frees, 1);
	zmem_damage_tell(c, &damage);
	object = zmem_quarantine_add(c, object);
	if (object)
		zmem_debug_release(c, object);
}

/**
 * zmem_debug_release() - give an object back to its slab
 * @c: a debug cache
 * @object: freed, and out of quarantine
 *
 * Context: any but NMI.
 */
void zmem_debug_release(struct zmem_common *c, void *object)
{
	struct zmem_damage damage = {};
	struct zmem_record *record;
	enum zmem_misuse kind;
	struct zmem_slab *slab;
	unsigned long flags;
	unsigned int index;

	slab = zmem_slab_of(c, object, &index, &kind);
	record = zmem_debug_record(slab, index);
	spin_lock_irqsave(&zmem_slab_node(slab)->lock, flags);
	zmem_object_check(c, object, record, &damage, true);
	record->state = ZMEM_RECORD_FREE;
	spin_unlock_irqrestore(&zmem_slab_node(slab)->lock, flags);
	zmem_damage_tell(c, &damage);
	zmem_hold_free(c, object);
}
