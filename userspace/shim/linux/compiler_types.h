/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Attributes under the names that the kernel gives them. */
#ifndef _SHIM_LINUX_COMPILER_TYPES_H
#define _SHIM_LINUX_COMPILER_TYPES_H

#undef __always_inline
#define __always_inline		inline __attribute__((__always_inline__))
#define noinline		__attribute__((__noinline__))
#define __noinline		__attribute__((__noinline__))
#define noinline_for_stack	noinline
#undef __attribute_const__
#define __attribute_const__	__attribute__((__const__))
#undef __pure
#define __pure			__attribute__((__pure__))
#define __aligned(x)		__attribute__((__aligned__(x)))
#define __packed		__attribute__((__packed__))
#define __printf(a, b)		__attribute__((__format__(printf, a, b)))
#define __cold			__attribute__((__cold__))
#define __hot			__attribute__((__hot__))
#define __used			__attribute__((__used__))
#define __maybe_unused		__attribute__((__unused__))
#define __always_unused		__attribute__((__unused__))
#define __must_check		__attribute__((__warn_unused_result__))
#define __malloc		__attribute__((__malloc__))
#define __alloc_size(x, ...)	__attribute__((__alloc_size__(x, ##__VA_ARGS__)))
#define __weak			__attribute__((__weak__))
/* Of this library for good: no look at the GOT.  Definitions are so by option. */
#define __hidden		__attribute__((__visibility__("hidden")))
#define __visible		__attribute__((__externally_visible__))
#define __section(s)		__attribute__((__section__(s)))
#define __noreturn		__attribute__((__noreturn__))
#define __flatten		__attribute__((__flatten__))
#define __assume_aligned(a, ...) \
	__attribute__((__assume_aligned__(a, ##__VA_ARGS__)))
#define fallthrough		__attribute__((__fallthrough__))
#define __cleanup(f)		__attribute__((__cleanup__(f)))

#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
#define __bitwise_
#define __read_mostly
#define __ro_after_init
#define __init
#define __exit
#define __initdata
#define __exitdata
#define __initconst
#define __ref
#define __nocast
#define __safe
#define __private
#define __counted_by(m)
#define __randomize_layout
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define __acquire(x)		((void)0)
#define __release(x)		((void)0)
#define __no_sanitize_address	__attribute__((__no_sanitize_address__))
#define __no_kasan_or_inline	__always_inline
#define notrace			__attribute__((__no_instrument_function__))

#endif /* _SHIM_LINUX_COMPILER_TYPES_H */
