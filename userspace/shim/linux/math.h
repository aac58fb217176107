/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_MATH_H
#define _SHIM_LINUX_MATH_H

#include <linux/types.h>
#include <linux/bug.h>
#include <stdlib.h>	/* before its abs() becomes a macro */

#define __round_mask(x, y)	((__typeof__(x))((y) - 1))
#define round_up(x, y)		((((x) - 1) | __round_mask(x, y)) + 1)
#define round_down(x, y)	((x) & ~__round_mask(x, y))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_DOWN_ULL(n, d) ((unsigned long long)(n) / (d))
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((unsigned long long)(n), (d))
#define DIV_ROUND_CLOSEST(n, d)	(((n) + (d) / 2) / (d))
#undef roundup
#define roundup(x, y) ({ __typeof__(y) _y = (y); (((x) + (_y - 1)) / _y) * _y; })
#define rounddown(x, y)	({ __typeof__(x) _x = (x); _x - (_x % (y)); })
#define mult_frac(x, n, d) ({						\
	__typeof__(x) _x = (x);						\
	__typeof__(n) _n = (n);						\
	__typeof__(d) _d = (d);						\
	_x / _d * _n + _x % _d * _n / _d; })
#define abs(x)			({ __typeof__(x) _a = (x); _a < 0 ? -_a : _a; })
#define ALIGN(x, a)		round_up(x, a)
#define ALIGN_DOWN(x, a)	round_down(x, a)
#define PTR_ALIGN(p, a)		((__typeof__(p))ALIGN((unsigned long)(p), (a)))
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)

#include <linux/math64.h>

#endif /* _SHIM_LINUX_MATH_H */
