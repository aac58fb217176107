/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A CPU's share of a cache, and what is done to its magazines there.
 *
 * All of it between zmem_cpu_enter() and zmem_cpu_exit(), or by whoever tears
 * a dead CPU down.
 */
#ifndef _ZMEM_CORE_SHARE_H
#define _ZMEM_CORE_SHARE_H

#include "internal.h"
#include "core/watch.h"

static inline unsigned int magazine_room(const struct zmem_magazine *mag)
{
	return mag->size - mag->count;
}

/* Takes the loaded magazine's measure and closes it: every call is slow. */
static inline void cpu_close(struct zmem_cpu *zc)
{
	if (zc->high) {
		zc->loaded->count = zc->top - zc->loaded->objects;
		zmem_slow(zc)->surplus += zc->top - zmem_slow(zc)->start;
	}
	zmem_cpu_set_top(zc, NULL);
	zc->low = NULL;
	zc->high = NULL;
}

/* Loads a magazine, or none. */
static inline void cpu_load(struct zmem_cpu *zc, struct zmem_magazine *mag)
{
	zc->loaded = mag;
	if (!mag) {
		cpu_close(zc);
		return;
	}
	zc->low = mag->objects;
	zc->high = mag->objects + mag->size;
	zmem_cpu_set_top(zc, mag->objects + mag->count);
	zmem_slow(zc)->start = zc->top;
	WRITE_ONCE(zc->node, mag->node);
}

/* Opens a closed CPU. */
static inline void cpu_open(struct zmem_cpu *zc)
{
	if (!zc->high)
		cpu_load(zc, zc->loaded);
}

/*
 * zmem_cpu_enter() for work with the loaded magazine, and zmem_cpu_exit()
 * after it: what is watched is open in between only.
 */
static inline struct zmem_cpu *share_enter(struct zmem_cache *cache)
{
	struct zmem_cpu *zc = zmem_cpu_enter(zmem_shares(cache));

	if (zmem_watched() && zc)
		cpu_open(zc);
	return zc;
}

static inline void share_exit(struct zmem_cpu *zc)
{
	if (zmem_watched())
		cpu_close(zc);
	zmem_cpu_exit(zc);
}

/* Takes the loaded magazine out. */
static inline struct zmem_magazine *cpu_unload(struct zmem_cpu *zc)
{
	struct zmem_magazine *mag = zc->loaded;

	cpu_close(zc);
	zc->loaded = NULL;
	return mag;
}

/* The loaded and the previous one change places. */
static inline void cpu_swap(struct zmem_cpu *zc)
{
	struct zmem_magazine *mag = zc->prev;

	zc->prev = cpu_unload(zc);
	cpu_load(zc, mag);
}

#endif /* _ZMEM_CORE_SHARE_H */
