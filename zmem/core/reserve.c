// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reserve: objects set aside when the cache was made, for when there are no
 * others.  What mempool_t does beside a cache, with the same promises.
 *
 * While an object of it is out, the cache is closed (see hold.c): each free
 * then passes through here, and fills the reserve before anything else.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/topology.h>

#include "internal.h"
#include "core/hold.h"
#include "core/report.h"
#include "core/reserve.h"
#include "core/slab.h"

/**
 * zmem_reserve_get() - take an object out of the reserve
 * @h: of the cache
 *
 * Context: any but NMI.
 * Return: the object, or NULL if the reserve is empty.
 */
void *zmem_reserve_get(struct zmem_hold *h)
{
	void *object = NULL;
	unsigned long flags;
	bool first = false;

	spin_lock_irqsave(&h->lock, flags);
	if (h->nr) {
		first = h->nr == h->reserve;
		if (first)
			atomic_inc(&h->closers);
		object = h->objects[--h->nr];
	}
	spin_unlock_irqrestore(&h->lock, flags);
	if (first)
		zmem_hold_ask(h);
	return object;
}

static bool reserve_has(const struct zmem_hold *h, const void *object)
{
	unsigned int i;

	for (i = 0; i < h->nr; i++)
		if (h->objects[i] == object)
			return true;
	return false;
}

/**
 * zmem_reserve_put() - put an object into the reserve
 * @h: of the cache
 * @object: one of its objects, which is out of its slab
 *
 * One that is in the reserve already was freed twice: that is reported, and
 * the second free undone.
 *
 * Context: any but NMI.
 * Return: whether it took the object; if not, the reserve is full.
 */
bool zmem_reserve_put(struct zmem_hold *h, void *object)
{
	bool twice = false, taken = true;
	unsigned long flags;

	spin_lock_irqsave(&h->lock, flags);
	if (reserve_has(h, object)) {
		twice = true;
	} else if (h->nr < h->reserve) {
		h->objects[h->nr++] = object;
		if (h->nr == h->reserve)
			atomic_dec(&h->closers);
	} else {
		taken = false;
	}
	spin_unlock_irqrestore(&h->lock, flags);
	if (twice)
		zmem_report(h->c, ZMEM_DOUBLE_FREE, object);
	return taken;
}

/**
 * zmem_reserve_refill() - fill the reserve from the slabs
 * @h: of the cache
 * @gfp: for new slabs: ZMEM_GFP_PAGES
 *
 * Context: as @gfp says.
 * Return: whether the reserve is full.
 */
bool zmem_reserve_refill(struct zmem_hold *h, gfp_t gfp)
{
	while (READ_ONCE(h->nr) < h->reserve) {
		void *object = zmem_hold_slab(h, gfp, numa_mem_id());

		if (!object)
			return false;
		if (!zmem_reserve_put(h, object))
			zmem_slab_free(h->c, &object, 1);
	}
	return true;
}

/**
 * zmem_reserve_fill() - set a new cache's reserve aside
 * @h: of the cache
 * @nr: objects
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int zmem_reserve_fill(struct zmem_hold *h, unsigned int nr)
{
	h->reserve = nr;
	if (!nr)
		return 0;
	atomic_inc(&h->closers);
	return zmem_reserve_refill(h, GFP_KERNEL) ? 0 : -ENOMEM;
}

/* Takes one of a node's objects out of the reserve, or returns NULL. */
static void *reserve_get_of_node(struct zmem_hold *h, int node)
{
	void *object = NULL;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&h->lock, flags);
	for (i = 0; i < h->nr; i++) {
		if (page_to_nid(virt_to_page(h->objects[i])) != node)
			continue;
		if (h->nr == h->reserve)
			atomic_inc(&h->closers);
		object = h->objects[i];
		h->objects[i] = h->objects[--h->nr];
		break;
	}
	spin_unlock_irqrestore(&h->lock, flags);
	return object;
}

/**
 * zmem_reserve_leave() - give back the reserve's objects of a node
 * @h: of the cache
 * @node: closed, so that others come from elsewhere
 *
 * The reserve is filled again soon, by work: for a moment it has less than it
 * promises.
 *
 * Context: any but NMI.
 */
void zmem_reserve_leave(struct zmem_hold *h, int node)
{
	bool left = false;
	void *object;

	while ((object = reserve_get_of_node(h, node))) {
		zmem_slab_free(h->c, &object, 1);
		left = true;
	}
	if (left)
		zmem_hold_ask(h);
}
