/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_LOG2_H
#define _SHIM_LINUX_LOG2_H

#include <linux/types.h>
#include <linux/bitops.h>

#define ilog2(n)						\
	((int)(sizeof(n) <= 4 ? 31 - __builtin_clz((u32)(n))	\
			      : 63 - __builtin_clzll((u64)(n))))
#define is_power_of_2(n)	((n) != 0 && ((n) & ((n) - 1)) == 0)
#define roundup_pow_of_two(n)	\
	((n) == 1 ? 1UL : 1UL << (ilog2((unsigned long)(n) - 1) + 1))
#define rounddown_pow_of_two(n)	(1UL << ilog2((unsigned long)(n)))
#define order_base_2(n)		((n) > 1 ? ilog2((n) - 1) + 1 : 0)
#define bits_per(n)		((n) < 2 ? 1 : ilog2(n) + 1)

#endif /* _SHIM_LINUX_LOG2_H */
