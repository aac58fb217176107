// SPDX-License-Identifier: GPL-2.0 OR MIT
/* How a cache's slabs are cut. */
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>

#include "internal.h"
#include "core/debug.h"
#include "core/slab.h"
#include "core/slab_layout.h"

/* Bytes of a slab's descriptor. */
size_t zmem_slab_desc_bytes(const struct zmem_common *c, unsigned int nr)
{
	unsigned int maps = zmem_slab_is_random(c) ? 2 : 1;

	return offsetof(struct zmem_slab, map) + maps * BITS_TO_LONGS(nr) * sizeof(long) +
	       (c->debug ? zmem_debug_record_bytes(nr) : 0);
}

/* Objects that a slab of @order holds. */
unsigned int zmem_slab_objects(const struct zmem_common *c, unsigned int order)
{
	return min_t(unsigned int, (zmem_slab_run_bytes(order) - c->head) / c->size,
		     c->debug ? ZMEM_DEBUG_OBJECTS_MAX : ZMEM_SLAB_OBJECTS_MAX);
}

static size_t slab_waste(const struct zmem_common *c, unsigned int order)
{
	unsigned int nr = zmem_slab_objects(c, order);

	return zmem_slab_run_bytes(order) - (size_t)nr * c->size +
	       roundup_pow_of_two(zmem_slab_desc_bytes(c, nr));
}

/* Whether slabs of order @a waste a smaller share than those of order @b. */
static bool slab_wastes_less(const struct zmem_common *c, unsigned int a, unsigned int b)
{
	return slab_waste(c, a) << b < slab_waste(c, b) << a;
}

/* Whether slabs of this order hold a few objects and waste at most a sixteenth. */
static bool slab_is_fit(const struct zmem_common *c, unsigned int order)
{
	return zmem_slab_objects(c, order) >= 4 &&
	       slab_waste(c, order) * 16 <= zmem_slab_run_bytes(order);
}

/**
 * zmem_slab_geometry() - choose how a cache's slabs are cut
 * @c: the cache; its size and align are set
 *
 * A cache's first slabs are small, so that one with few objects holds few
 * pages; once a node has a good number of them, further ones are of the order
 * that wastes least, and need the fewest descriptors.
 *
 * Return: 0 or -EINVAL if an object fits in no run.
 */
int zmem_slab_geometry(struct zmem_common *c)
{
	unsigned int order, max = ZMEM_SLAB_ORDER_MAX;

	c->order_min = get_order(c->head + c->size);
	if (c->order_min > (c->debug ? ZMEM_DEBUG_ORDER_MAX : max))
		return -EINVAL;
	c->reciprocal = DIV_ROUND_UP_ULL(1ULL << 32, c->size);
	c->order_grown = c->order_min;
	for (order = c->order_min; order <= max; order++)
		if (slab_wastes_less(c, order, c->order_grown))
			c->order_grown = order;
	for (order = c->order_min; order < c->order_grown; order++)
		if (slab_is_fit(c, order))
			break;
	c->order = order;
	return 0;
}

/* Where a slab's first object is: slabs in turn start a cache line later. */
size_t zmem_slab_colour(const struct zmem_common *c, unsigned int order,
			unsigned int turn)
{
	size_t step = ALIGN(L1_CACHE_BYTES, c->align);
	size_t slack = zmem_slab_run_bytes(order) - c->head -
		       (size_t)zmem_slab_objects(c, order) * c->size;

	return turn % (slack / step + 1) * step;
}
