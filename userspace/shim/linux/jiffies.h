/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_JIFFIES_H
#define _SHIM_LINUX_JIFFIES_H

#include <linux/ktime.h>
#include <linux/compiler.h>

#undef HZ
#define HZ			1000
#define jiffies			((unsigned long)(ktime_get_ns() / (NSEC_PER_SEC / HZ)))
#define get_jiffies_64()	((u64)jiffies)
#define msecs_to_jiffies(m)	((unsigned long)(m))
#define usecs_to_jiffies(u)	(((unsigned long)(u) + 999) / 1000)
#define jiffies_to_msecs(j)	((unsigned int)(j))
#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_before(a, b)	time_after(b, a)
#define time_after_eq(a, b)	((long)((a) - (b)) >= 0)
#define time_before_eq(a, b)	time_after_eq(b, a)
#define round_jiffies_relative(j) (j)
#define round_jiffies_up_relative(j) (j)

#endif /* _SHIM_LINUX_JIFFIES_H */
