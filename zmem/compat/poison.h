/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Tells a checker which objects are in use.  KASAN's own marks are not open
 * to modules; userspace has twins that tell ASan and valgrind.
 */
#ifndef _ZMEM_COMPAT_POISON_H
#define _ZMEM_COMPAT_POISON_H

#define ZMEM_POISON	0	/* whether the marks below do anything */

static inline void zmem_poison(const void *p, size_t size)
{
}

static inline void zmem_unpoison(const void *p, size_t size)
{
}

#endif /* _ZMEM_COMPAT_POISON_H */
