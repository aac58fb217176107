/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Bytes that nobody may touch, for whichever checker watches this build. */
#ifndef _SHIM_POISON_H
#define _SHIM_POISON_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHIM_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SHIM_ASAN
#endif

#if defined(SHIM_ASAN)
#include <sanitizer/asan_interface.h>
#define SHIM_POISON		1
#define shim_poison(p, size)	__asan_poison_memory_region(p, size)
#define shim_unpoison(p, size)	__asan_unpoison_memory_region(p, size)
#elif defined(SHIM_VALGRIND)
#include <valgrind/memcheck.h>
#define SHIM_POISON		1
#define shim_poison(p, size)	((void)VALGRIND_MAKE_MEM_NOACCESS(p, size))
/* Not undefined: a constructor's work is still there. */
#define shim_unpoison(p, size)	((void)VALGRIND_MAKE_MEM_DEFINED(p, size))
#else
#define SHIM_POISON		0
#define shim_poison(p, size)	((void)(p), (void)(size))
#define shim_unpoison(p, size)	((void)(p), (void)(size))
#endif

#endif /* _SHIM_POISON_H */
