// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Per-CPU memory: a map of granules, one for all units.  Lengths stand beside
 * it.  Granules never handed out before are still zero pages of the system,
 * so that a unit costs memory only once its CPU touches it.
 */
#include <string.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <shim/poison.h>
#include "shim_internal.h"

#define GRANULE		64UL
#define GRANULES	((1UL << SHIM_UNIT_SHIFT) / GRANULE)

static DEFINE_SPINLOCK(shim_percpu_lock);
static DECLARE_BITMAP(shim_granules, GRANULES);
static u16 shim_lengths[GRANULES];	/* in granules, at the first one */
static unsigned long shim_fresh;	/* the first granule never used */
unsigned long shim_units __hidden;

void shim_percpu_boot(unsigned long units)
{
	shim_units = units;
	bitmap_set(shim_granules, 0, SHIM_SLOT_BYTES / GRANULE);
	shim_fresh = SHIM_SLOT_BYTES / GRANULE;
}

static void *shim_granule(unsigned long g, unsigned int cpu)
{
	return (void *)(shim_units + ((unsigned long)cpu << SHIM_UNIT_SHIFT) + g * GRANULE);
}

void *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp)
{
	unsigned long n = DIV_ROUND_UP(size, GRANULE), g, used, flags;
	unsigned int cpu;

	shim_boot();
	if (!n || n > U16_MAX || align > PAGE_SIZE || shim_fails(gfp))
		return NULL;
	align = max(align / GRANULE, 1UL);
	spin_lock_irqsave(&shim_percpu_lock, flags);
	g = bitmap_find_next_zero_area(shim_granules, GRANULES, 0, n, align - 1);
	if (g + n > GRANULES) {
		spin_unlock_irqrestore(&shim_percpu_lock, flags);
		return NULL;
	}
	bitmap_set(shim_granules, g, n);
	shim_lengths[g] = n;
	used = shim_fresh;
	shim_fresh = max(shim_fresh, g + n);
	spin_unlock_irqrestore(&shim_percpu_lock, flags);

	if (g < used)
		for_each_possible_cpu(cpu) {
			shim_unpoison(shim_granule(g, cpu), n * GRANULE);
			memset(shim_granule(g, cpu), 0, n * GRANULE);
		}
	return shim_granule(g, 0);
}

void *__alloc_percpu(size_t size, size_t align)
{
	return __alloc_percpu_gfp(size, align, 0);
}

void free_percpu(void *p)
{
	unsigned long g = ((unsigned long)p - shim_units) / GRANULE, flags;
	unsigned int cpu;
	unsigned long n;

	if (!p)
		return;
	n = shim_lengths[g];
	if (!n)
		shim_bug(__FILE__, __LINE__, "free_percpu(%p): not allocated\n", p);
	for_each_possible_cpu(cpu)
		shim_poison(shim_granule(g, cpu), n * GRANULE);
	spin_lock_irqsave(&shim_percpu_lock, flags);
	shim_lengths[g] = 0;
	bitmap_clear(shim_granules, g, n);
	spin_unlock_irqrestore(&shim_percpu_lock, flags);
}
