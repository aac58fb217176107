/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What a cache's coming and going means to the surfaces that show it. */
#ifndef _ZMEM_SURFACE_H
#define _ZMEM_SURFACE_H

struct zmem_common;

/* Called from task context, without zmem_caches_lock. */
void zmem_surface_add(struct zmem_common *cache);
void zmem_surface_remove(struct zmem_common *cache);

#endif /* _ZMEM_SURFACE_H */
