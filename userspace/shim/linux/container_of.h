/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_CONTAINER_OF_H
#define _SHIM_LINUX_CONTAINER_OF_H

#include <linux/stddef.h>
#include <linux/compiler.h>

#define container_of(ptr, type, member) ({			\
	__typeof__(((type *)0)->member) *_m = (void *)(ptr);	\
	(type *)((char *)_m - offsetof(type, member)); })
#define container_of_const(ptr, type, member) container_of(ptr, type, member)
#define typeof_member(T, m)	__typeof__(((T *)0)->m)

#endif /* _SHIM_LINUX_CONTAINER_OF_H */
