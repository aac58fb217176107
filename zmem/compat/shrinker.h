/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Shrinkers are allocated since Linux 6.7, and were registered before. */
#ifndef _ZMEM_COMPAT_SHRINKER_H
#define _ZMEM_COMPAT_SHRINKER_H

#include <linux/shrinker.h>

#ifdef ZMEM_HAVE_SHRINKER_ALLOC

static inline int zmem_compat_shrinker_register(struct shrinker **shrinker,
						const struct shrinker *ops)
{
	struct shrinker *s = shrinker_alloc(0, "zmem");

	if (!s)
		return -ENOMEM;
	s->count_objects = ops->count_objects;
	s->scan_objects = ops->scan_objects;
	s->seeks = ops->seeks;
	shrinker_register(s);
	*shrinker = s;
	return 0;
}

static inline void zmem_compat_shrinker_unregister(struct shrinker *shrinker)
{
	shrinker_free(shrinker);
}

#else

static inline int zmem_compat_shrinker_register(struct shrinker **shrinker,
						struct shrinker *ops)
{
	int err = register_shrinker(ops, "zmem");

	*shrinker = err ? NULL : ops;
	return err;
}

static inline void zmem_compat_shrinker_unregister(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
}

#endif

#endif /* _ZMEM_COMPAT_SHRINKER_H */
