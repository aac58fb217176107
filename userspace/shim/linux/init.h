/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_INIT_H
#define _SHIM_LINUX_INIT_H

#include <linux/compiler.h>

#define __initcall_ctor(fn, prio)	\
	static void __attribute__((constructor(prio))) fn##_ctor(void) { fn(); }
#define early_initcall(fn)	__initcall_ctor(fn, 201)
#define core_initcall(fn)	__initcall_ctor(fn, 202)

#endif /* _SHIM_LINUX_INIT_H */
