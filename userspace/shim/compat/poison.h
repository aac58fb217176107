/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Tells a checker which objects are in use: AddressSanitizer where it is
 * built in, else valgrind, if SHIM_VALGRIND is set.  In all other builds these
 * are nothing.
 */
#ifndef _ZMEM_COMPAT_POISON_H
#define _ZMEM_COMPAT_POISON_H

#include <linux/mm.h>
#include <shim/poison.h>

#define ZMEM_POISON	SHIM_POISON

/* Not what somebody frees that was never ours. */
static __always_inline void zmem_poison(const void *p, size_t size)
{
	if (SHIM_POISON && virt_addr_valid(p))
		shim_poison(p, size);
}

static __always_inline void zmem_unpoison(const void *p, size_t size)
{
	if (SHIM_POISON)
		shim_unpoison(p, size);
}

#endif /* _ZMEM_COMPAT_POISON_H */
