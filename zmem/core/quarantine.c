// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Quarantine: a freed object of a debug cache waits until a number of others
 * were freed after it.  So a write to it long after its free finds poison
 * still, and not another owner's bytes.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "internal.h"
#include "core/debug.h"
#include "core/quarantine.h"

/* What a cache may have wait: enough of a past to be of use, no memory hog. */
#define ZMEM_QUARANTINE_BYTES	(256u << 10)
#define ZMEM_QUARANTINE_MAX	1024u

/**
 * zmem_quarantine_init() - give a debug cache its quarantine
 * @c: the cache; its size is set
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int zmem_quarantine_init(struct zmem_common *c)
{
	struct zmem_quarantine *q = &c->debug->quarantine;

	q->size = clamp(ZMEM_QUARANTINE_BYTES / c->size, 1u, ZMEM_QUARANTINE_MAX);
	q->ring = kcalloc(q->size, sizeof(*q->ring), GFP_KERNEL);
	return q->ring ? 0 : -ENOMEM;
}

/* Takes the object out that waits longest, or returns NULL; the lock is held. */
static void *quarantine_take(struct zmem_quarantine *q)
{
	void *object;

	if (!q->nr)
		return NULL;
	object = q->ring[q->first];
	q->first = (q->first + 1) % q->size;
	q->nr--;
	return object;
}

/**
 * zmem_quarantine_add() - let a freed object wait
 * @c: a debug cache
 * @object: the object
 *
 * Context: any but NMI.
 * Return: an object that waits no longer, or NULL.
 */
void *zmem_quarantine_add(struct zmem_common *c, void *object)
{
	struct zmem_quarantine *q = &c->debug->quarantine;
	void *out = NULL;
	unsigned long flags;

	if (!q->ring)
		return object;
	spin_lock_irqsave(&q->lock, flags);
	if (q->nr == q->size)
		out = quarantine_take(q);
	q->ring[(q->first + q->nr++) % q->size] = object;
	spin_unlock_irqrestore(&q->lock, flags);
	return out;
}

/**
 * zmem_quarantine_drain() - let no object wait any longer
 * @c: any cache
 *
 * Context: any but NMI.
 */
void zmem_quarantine_drain(struct zmem_common *c)
{
	struct zmem_quarantine *q;
	unsigned long flags;
	void *object;

	if (!c->debug)
		return;
	q = &c->debug->quarantine;
	do {
		spin_lock_irqsave(&q->lock, flags);
		object = quarantine_take(q);
		spin_unlock_irqrestore(&q->lock, flags);
		if (object)
			zmem_debug_release(c, object);
	} while (object);
}
