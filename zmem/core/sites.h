/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A debug cache's live objects by who allocated them. */
#ifndef _ZMEM_CORE_SITES_H
#define _ZMEM_CORE_SITES_H

#include <linux/types.h>

struct zmem_common;

/* Further ones are summed up in the last. */
#define ZMEM_SITES_MAX	256u

#define ZMEM_SITE_OBJECTS	4	/* that a site keeps by address */

/**
 * struct zmem_site - live objects that one stack allocated
 * @stack: of the stack depot; 0: not known, or of several
 * @objects: of them
 * @bytes: requested
 * @oldest: when the first was allocated, by ktime_get_mono_fast_ns(); 0: not known
 * @newest: when the last was
 * @some: the first that were found
 */
struct zmem_site {
	u32 stack;
	unsigned long objects;
	u64 bytes;
	u64 oldest;
	u64 newest;
	const void *some[ZMEM_SITE_OBJECTS];
};

unsigned int zmem_sites_gather(struct zmem_common *cache, struct zmem_site *sites);
unsigned int zmem_site_frames(u32 stack, unsigned long **entries);
void zmem_sites_leaked(struct zmem_common *cache);

#endif /* _ZMEM_CORE_SITES_H */
