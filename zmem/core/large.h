/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Large allocations: runs of whole pages, straight from the pool. */
#ifndef _ZMEM_CORE_LARGE_H
#define _ZMEM_CORE_LARGE_H

#include <linux/gfp.h>
#include <linux/types.h>

struct page;
struct zmem_common;

void *zmem_large_alloc(struct zmem_common *large, size_t size, gfp_t gfp, int node);
void zmem_large_free(struct zmem_common *large, void *p);
size_t zmem_large_usable(const struct page *page);

#endif /* _ZMEM_CORE_LARGE_H */
