// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Several objects at once, out of and into both of a CPU's magazines: what
 * the loaded one alone could not serve.
 */
#include <linux/kernel.h>

#include "internal.h"
#include "core/magazine.h"
#include "core/share.h"

/* Takes objects out of the loaded magazine, the topmost first. */
static unsigned int cpu_pop_bulk(struct zmem_cpu *zc, void **objects, size_t nr)
{
	unsigned int n = min_t(size_t, nr, zc->top - zc->low);

	if (!n)
		return 0;
	zmem_cpu_set_top(zc, zc->top - n);
	zmem_copy_objects(objects, zc->top, n);
	zmem_cpu_count(&zc->allocs, n);
	return n;
}

/**
 * zmem_magazine_alloc_bulk() - take what objects this CPU's magazines have
 * @cache: the cache
 * @objects: where to put them
 * @nr: at most this many
 *
 * Context: any but NMI.
 * Return: how many; fewer than @nr: fetch one by the slow path and ask again.
 */
size_t zmem_magazine_alloc_bulk(struct zmem_cache *cache, void **objects, size_t nr)
{
	struct zmem_cpu *zc = share_enter(cache);
	size_t n;

	if (unlikely(!zc))
		return 0;
	/* From one magazine if it can: a bulk then stays away from their edge. */
	if (zc->high && zc->prev && zc->prev->count >= nr &&
	    zc->top - zc->low < nr)
		cpu_swap(zc);
	n = cpu_pop_bulk(zc, objects, nr);
	if (n < nr && zc->high && zc->prev && zc->prev->count) {
		cpu_swap(zc);
		n += cpu_pop_bulk(zc, objects + n, nr - n);
	}
	share_exit(zc);
	return n;
}

/* Puts objects into the loaded magazine, up to the first of another node. */
static unsigned int cpu_push_bulk(struct zmem_cpu *zc, void **objects, size_t nr)
{
	unsigned int n = min_t(size_t, nr, zc->high - zc->top);

	if (static_branch_unlikely(&zmem_numa_key))
		n = zmem_magazine_of_node(objects, n, zc->node);
	if (!n)
		return 0;
	zmem_copy_objects(zc->top, objects, n);
	zmem_cpu_set_top(zc, zc->top + n);
	return n;
}

/**
 * zmem_magazine_free_bulk() - put objects into this CPU's magazines
 * @cache: the cache
 * @objects: which
 * @nr: of them
 *
 * Context: any but NMI.
 * Return: how many they took, from the first on; fewer than @nr: free one by
 * the slow path and ask again.
 */
size_t zmem_magazine_free_bulk(struct zmem_cache *cache, void **objects, size_t nr)
{
	struct zmem_cpu *zc = share_enter(cache);
	size_t n;

	if (unlikely(!zc))
		return 0;
	if (zc->high && zc->prev && magazine_room(zc->prev) >= nr &&
	    zc->high - zc->top < nr)
		cpu_swap(zc);
	n = cpu_push_bulk(zc, objects, nr);
	if (n < nr && zc->top == zc->high && zc->high && zc->prev &&
	    magazine_room(zc->prev)) {
		cpu_swap(zc);
		n += cpu_push_bulk(zc, objects + n, nr - n);
	}
	share_exit(zc);
	return n;
}
