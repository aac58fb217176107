/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Limit: how many objects callers may hold. */
#ifndef _ZMEM_CORE_LIMIT_H
#define _ZMEM_CORE_LIMIT_H

#include "core/hold.h"

unsigned int __zmem_limit_claim(struct zmem_hold *hold, unsigned int nr);
void *zmem_limit_alloc(struct zmem_hold *hold, gfp_t gfp, int node);
bool zmem_limit_report(struct zmem_hold *hold);

static inline bool zmem_limited(const struct zmem_common *c)
{
	return unlikely(c->hold) && c->hold->limit;
}

/* Whether callers may ever hold as many objects. */
static inline bool zmem_limit_allows(const struct zmem_common *c, size_t nr)
{
	return !zmem_limited(c) || nr <= c->hold->limit;
}

/* How many of @nr objects may leave the slabs; they count from now on. */
static inline unsigned int zmem_limit_claim(struct zmem_common *c, unsigned int nr)
{
	return zmem_limited(c) ? __zmem_limit_claim(c->hold, nr) : nr;
}

/* Objects are in their slabs again. */
static inline void zmem_limit_give(struct zmem_common *c, unsigned int nr)
{
	if (zmem_limited(c))
		atomic_long_sub(nr, &c->hold->out);
}

/* Whether no object may leave the slabs now. */
static inline bool zmem_limit_full(const struct zmem_common *c)
{
	return zmem_limited(c) && atomic_long_read(&c->hold->out) >= c->hold->limit;
}

#endif /* _ZMEM_CORE_LIMIT_H */
