/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_MINMAX_H
#define _SHIM_LINUX_MINMAX_H

#include <linux/compiler.h>

#define __shim_cmp(x, y, op) ({						\
	__auto_type _x = (x);						\
	__auto_type _y = (y);						\
	_x op _y ? _x : _y; })
#undef min
#undef max
#define min(x, y)		__shim_cmp(x, y, <)
#define max(x, y)		__shim_cmp(x, y, >)
#define min3(x, y, z)		min(min(x, y), z)
#define max3(x, y, z)		max(max(x, y), z)
#define min_t(type, x, y)	__shim_cmp((type)(x), (type)(y), <)
#define max_t(type, x, y)	__shim_cmp((type)(x), (type)(y), >)
#define min_not_zero(x, y) ({						\
	__auto_type _mx = (x);						\
	__auto_type _my = (y);						\
	_mx == 0 ? _my : (_my == 0 ? _mx : min(_mx, _my)); })
#define clamp(v, lo, hi)	min(max(v, lo), hi)
#define clamp_t(type, v, lo, hi) min_t(type, max_t(type, v, lo), hi)
#define clamp_val(v, lo, hi)	clamp_t(__typeof__(v), v, lo, hi)
#define swap(a, b)		\
	do { __typeof__(a) _t = (a); (a) = (b); (b) = _t; } while (0)

#endif /* _SHIM_LINUX_MINMAX_H */
