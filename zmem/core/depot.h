/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Depot: a node's full and empty magazines. */
#ifndef _ZMEM_CORE_DEPOT_H
#define _ZMEM_CORE_DEPOT_H

#include <linux/gfp.h>
#include <linux/types.h>

struct zmem_common;
struct zmem_depot;
struct zmem_magazine;

void zmem_depot_init(struct zmem_depot *depot);
void zmem_depot_trim(struct zmem_common *cache, int node);
void zmem_depot_drain(struct zmem_common *cache, int node);
unsigned int zmem_depot_reap(struct zmem_common *cache, int node);

struct zmem_magazine *zmem_depot_get_full(struct zmem_common *cache, int node,
					  struct zmem_magazine *empty);
struct zmem_magazine *zmem_depot_get_empty(struct zmem_common *cache, int node,
					   struct zmem_magazine *full);
void zmem_depot_put(struct zmem_common *cache, struct zmem_magazine *mag);

struct zmem_magazine *zmem_magazine_new(struct zmem_common *cache, gfp_t gfp, int node,
					unsigned int size);
void zmem_magazine_flush(struct zmem_common *cache, struct zmem_magazine *mag);
void zmem_magazine_delete(struct zmem_common *cache, struct zmem_magazine *mag);
void zmem_magazines_dissolve(struct zmem_common *cache, struct zmem_magazine *chain);

#endif /* _ZMEM_CORE_DEPOT_H */
