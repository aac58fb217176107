/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_KMEMLEAK_H
#define _SHIM_LINUX_KMEMLEAK_H

#include <linux/types.h>

#define kmemleak_alloc(p, size, min_count, gfp)	((void)(p))
#define kmemleak_alloc_percpu(p, size, gfp)	((void)(p))
#define kmemleak_free(p)			((void)(p))
#define kmemleak_not_leak(p)			((void)(p))
#define kmemleak_ignore(p)			((void)(p))
#define kmemleak_no_scan(p)			((void)(p))
#define kmemleak_erase(p)			((void)(p))

#endif /* _SHIM_LINUX_KMEMLEAK_H */
