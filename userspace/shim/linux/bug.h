/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_BUG_H
#define _SHIM_LINUX_BUG_H

#include <assert.h>
#include <linux/compiler.h>

/* Warnings go through printk, which counts them: tests may expect one. */
void shim_warn(const char *file, int line, const char *fmt, ...) __printf(3, 4);
void shim_bug(const char *file, int line, const char *fmt, ...)
	__printf(3, 4) __noreturn;

#define WARN(cond, fmt, ...) ({						\
	bool _c = !!(cond);						\
	if (unlikely(_c))						\
		shim_warn(__FILE__, __LINE__, fmt, ##__VA_ARGS__);	\
	unlikely(_c);							\
})
#define WARN_ONCE(cond, fmt, ...) ({					\
	static bool _once;						\
	bool _b = !!(cond);						\
	if (unlikely(_b) && !__atomic_exchange_n(&_once, true, __ATOMIC_RELAXED)) \
		shim_warn(__FILE__, __LINE__, fmt, ##__VA_ARGS__);	\
	unlikely(_b);							\
})
#define WARN_ON(cond)		WARN(cond, "%s\n", #cond)
#define WARN_ON_ONCE(cond)	WARN_ONCE(cond, "%s\n", #cond)
#define BUG()			shim_bug(__FILE__, __LINE__, "BUG\n")
#define BUG_ON(cond)		\
	do { if (unlikely(cond)) shim_bug(__FILE__, __LINE__, "%s\n", #cond); } while (0)
#define VM_BUG_ON(cond)		BUG_ON(cond)
#define VM_WARN_ON_ONCE(cond)	WARN_ON_ONCE(cond)

#define BUILD_BUG_ON_MSG(cond, msg)	_Static_assert(!(cond), msg)
#define BUILD_BUG_ON(cond)	BUILD_BUG_ON_MSG(cond, #cond)
#define BUILD_BUG_ON_ZERO(e)	((int)(sizeof(struct { int : (-!!(e)); })))
#define BUILD_BUG()		((void)0)
#define BUILD_BUG_ON_NOT_POWER_OF_2(n)	BUILD_BUG_ON((n) == 0 || ((n) & ((n) - 1)))
#undef static_assert
#define static_assert(expr, ...) __static_assert(expr, ##__VA_ARGS__, #expr)
#define __static_assert(expr, msg, ...) _Static_assert(expr, msg)

#endif /* _SHIM_LINUX_BUG_H */
