/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_COMPILER_H
#define _SHIM_LINUX_COMPILER_H

#include <linux/kconfig.h>

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define barrier()		__asm__ __volatile__("" : : : "memory")
#define barrier_data(p)		__asm__ __volatile__("" : : "r"(p) : "memory")
#define unreachable()		__builtin_unreachable()
#define prefetch(p)		__builtin_prefetch(p)
#define prefetchw(p)		__builtin_prefetch(p, 1)

/*
 * Relaxed atomics compile to the plain moves that the kernel's volatile
 * accesses give, and TSan understands them; it does not forgive volatile.
 * As KCSAN does unless told otherwise, TSan is to take aligned plain writes
 * for whole when they meet a READ_ONCE(): counters that are written under a
 * lock are read so without it.  Hence a read there that TSan does not see.
 */
#define READ_ONCE(x)		shim_read_once(&(x))
#define WRITE_ONCE(x, val)	shim_write_once(&(x), val)
#ifdef __SANITIZE_THREAD__
void shim_read_unseen(void *dst, const volatile void *src, unsigned long size);
#define shim_read_once(p) ({						\
	__typeof__(({ __auto_type _v = *(p); _v; })) _r;		\
	shim_read_unseen(&_r, p, sizeof(_r));				\
	_r;								\
})
#else
#define shim_read_once(p) ({						\
	__typeof__(({ __auto_type _v = *(p); _v; })) _r;		\
	__atomic_load(p, &_r, __ATOMIC_RELAXED);			\
	_r;								\
})
#endif
#define shim_write_once(p, val) do {					\
	__typeof__(({ __auto_type _v = *(p); _v; })) _w = (val);	\
	__atomic_store(p, &_w, __ATOMIC_RELAXED);			\
} while (0)
#define data_race(x)		(x)

#define OPTIMIZER_HIDE_VAR(var)	__asm__("" : "=r"(var) : "0"(var))
#define RELOC_HIDE(ptr, off)	\
	({ unsigned long _p = (unsigned long)(ptr); OPTIMIZER_HIDE_VAR(_p); \
	   (__typeof__(ptr))(_p + (off)); })
#define __same_type(a, b)	\
	__builtin_types_compatible_p(__typeof__(a), __typeof__(b))
#define __must_be_array(a)	\
	(0 * sizeof(char[1 - 2 * __same_type((a), &(a)[0])]))
#define __stringify_1(x...)	#x
#define __stringify(x...)	__stringify_1(x)
#define __PASTE_(a, b)		a##b
#define __PASTE(a, b)		__PASTE_(a, b)
#define __UNIQUE_ID(prefix)	\
	__PASTE(__PASTE(__UNIQUE_ID_, prefix), __COUNTER__)
#define _RET_IP_		((unsigned long)__builtin_return_address(0))
#define _THIS_IP_		({ __label__ _here; _here: (unsigned long)&&_here; })

#include <linux/compiler_types.h>

#endif /* _SHIM_LINUX_COMPILER_H */
