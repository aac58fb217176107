// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Red zones and poison.
 *
 * An object of a debug cache has a red zone on either side.  Between two
 * objects' bytes all are of a zone: the last ZMEM_RED_LEFT before an object
 * are its own, the others the object's before.  Bytes of a size class that the
 * caller did not ask for are of the zone behind, too.
 *
 * A free object is filled with poison.  Objects that keep what is in them, for
 * their constructor or their readers, are not.
 *
 * What is found damaged is repaired, so that it is told once.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/poison.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "internal.h"
#include "core/alloc.h"
#include "core/damage.h"
#include "core/debug.h"

#define ZMEM_RED_BYTE	0xcc

/* Notes damage that is not of an object's bytes. */
void zmem_damage_add(struct zmem_damage *d, enum zmem_misuse kind, void *object)
{
	if (d->count++)
		return;
	d->kind = kind;
	d->object = object;
}

/**
 * zmem_damage_tell() - report damage, if there is any
 * @c: the cache
 * @d: filled
 *
 * Context: any but NMI; no lock is held.
 */
void zmem_damage_tell(struct zmem_common *c, const struct zmem_damage *d)
{
	if (d->kind == ZMEM_NO_MISUSE || !zmem_report(c, d->kind, d->object) || !d->length)
		return;
	pr_err("zmem: %u bytes from offset %d on should all be %02x, but are\n",
	       d->length, d->at, d->expected);
	print_hex_dump(KERN_ERR, "zmem: ", DUMP_PREFIX_OFFSET, 16, 1, d->bytes,
		       min_t(size_t, d->length, sizeof(d->bytes)), true);
}

/* Bytes that should all be the same, at an offset in an object. */
struct stretch {
	long at;
	size_t length;
	u8 expected;
};

static void stretch_check(void *object, const struct stretch *s, enum zmem_misuse kind,
			  struct zmem_damage *d, bool repair)
{
	u8 *start = (u8 *)object + s->at, *end = start + s->length, *bad;

	/* A checker that watches this process is not to mind us. */
	zmem_unpoison(start, s->length);
	bad = memchr_inv(start, s->expected, s->length);
	if (!bad)
		return;
	while (end[-1] == s->expected)
		end--;
	zmem_damage_add(d, kind, object);
	if (d->count == 1) {
		d->at = bad - (u8 *)object;
		d->length = end - bad;
		d->expected = s->expected;
		memcpy(d->bytes, bad, min_t(size_t, d->length, sizeof(d->bytes)));
	}
	if (repair)
		memset(bad, s->expected, end - bad);
}

static bool has_poison(const struct zmem_common *c)
{
	return c->debug_flags & ZMEM_DEBUG_POISON && !c->ctor &&
	       !(c->flags & ZMEM_TYPESAFE_BY_RCU);
}

/* The zone behind an object of which @bytes are the caller's. */
static struct stretch red_right(const struct zmem_common *c, size_t bytes)
{
	return (struct stretch){ bytes, c->size - ZMEM_RED_LEFT - bytes, ZMEM_RED_BYTE };
}

/* Paints the red zone behind an object of which @bytes are the caller's. */
void zmem_object_red(const struct zmem_common *c, void *object, size_t bytes)
{
	struct stretch right = red_right(c, bytes);

	if (c->debug_flags & ZMEM_DEBUG_RED_ZONE)
		memset((u8 *)object + right.at, right.expected, right.length);
}

/* Makes an object's bytes those of a free one. */
void zmem_object_clear(const struct zmem_common *c, void *object)
{
	if (has_poison(c))
		memset(object, POISON_FREE, c->object_size);
	else if (want_init_on_free() && zmem_poison_bytes(c) && !c->ctor)
		memset(object, 0, c->object_size);
}

/* Paints a new object, which is free. */
void zmem_object_init(const struct zmem_common *c, void *object)
{
	if (c->debug_flags & ZMEM_DEBUG_RED_ZONE)
		memset((u8 *)object - ZMEM_RED_LEFT, ZMEM_RED_BYTE, ZMEM_RED_LEFT);
	zmem_object_red(c, object, c->object_size);
	zmem_object_clear(c, object);
}

static void check_bytes(const struct zmem_common *c, void *object,
			const struct zmem_record *record, struct zmem_damage *d,
			bool repair)
{
	const struct stretch left = { -(long)ZMEM_RED_LEFT, ZMEM_RED_LEFT, ZMEM_RED_BYTE };
	const struct stretch poison = { 0, c->object_size, POISON_FREE };
	bool live = record->state == ZMEM_RECORD_LIVE;
	struct stretch right;

	if (c->debug_flags & ZMEM_DEBUG_RED_ZONE) {
		right = red_right(c, live ? record->requested : c->object_size);
		stretch_check(object, &left, ZMEM_RED_ZONE, d, repair);
		stretch_check(object, &right, ZMEM_RED_ZONE, d, repair);
	}
	if (!live && has_poison(c))
		stretch_check(object, &poison, ZMEM_USE_AFTER_FREE, d, repair);
}

/**
 * zmem_object_check() - look for damage of an object
 * @c: a debug cache
 * @object: one of its objects
 * @record: the object's
 * @d: what is found is added
 * @repair: whether to undo it
 *
 * Context: the node's slab lock is held, or nobody else has the slab.
 */
void zmem_object_check(const struct zmem_common *c, void *object,
		       const struct zmem_record *record, struct zmem_damage *d,
		       bool repair)
{
	check_bytes(c, object, record, d, repair);
	if (record->state != ZMEM_RECORD_LIVE)
		zmem_poison(object, zmem_poison_bytes(c));
}
