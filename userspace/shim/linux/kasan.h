/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The shim's own hooks are in compat/poison.h. */
#ifndef _SHIM_LINUX_KASAN_H
#define _SHIM_LINUX_KASAN_H

#define kasan_poison_pages(page, order, init)	((void)(page))
#define kasan_unpoison_pages(page, order, init)	((void)(page))
#define kasan_disable_current()	((void)0)
#define kasan_enable_current()	((void)0)
#define kasan_reset_tag(p)	((void *)(p))

#endif /* _SHIM_LINUX_KASAN_H */
