/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Slabs: objects of one cache inside a run of pages. */
#ifndef _ZMEM_CORE_SLAB_H
#define _ZMEM_CORE_SLAB_H

#include <linux/gfp.h>
#include <linux/types.h>

struct zmem_common;
struct zmem_slabs;

int zmem_slab_geometry(struct zmem_common *cache);
unsigned int zmem_slab_objects(const struct zmem_common *cache, unsigned int order);

void zmem_slabs_init(struct zmem_slabs *slabs);
unsigned long zmem_slabs_exit(struct zmem_common *cache, struct zmem_slabs *slabs);
unsigned long zmem_slabs_trim(struct zmem_common *cache, struct zmem_slabs *slabs,
			      unsigned long keep);

unsigned int zmem_slab_alloc(struct zmem_common *cache, gfp_t gfp, int node,
			     void **objects, unsigned int nr);
void zmem_slab_free(struct zmem_common *cache, void **objects, unsigned int nr);
void *zmem_slab_object(const void *p);
bool zmem_slab_in_use(struct zmem_common *cache, const void *object);

#endif /* _ZMEM_CORE_SLAB_H */
