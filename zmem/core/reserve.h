/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Reserve: objects for when there are no others. */
#ifndef _ZMEM_CORE_RESERVE_H
#define _ZMEM_CORE_RESERVE_H

#include <linux/gfp.h>
#include <linux/types.h>

struct zmem_hold;

int zmem_reserve_fill(struct zmem_hold *hold, unsigned int nr);
bool zmem_reserve_refill(struct zmem_hold *hold, gfp_t gfp);
void *zmem_reserve_get(struct zmem_hold *hold);
bool zmem_reserve_put(struct zmem_hold *hold, void *object);
void zmem_reserve_leave(struct zmem_hold *hold, int node);

#endif /* _ZMEM_CORE_RESERVE_H */
