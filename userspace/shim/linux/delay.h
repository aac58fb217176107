/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_DELAY_H
#define _SHIM_LINUX_DELAY_H

#include <time.h>
#include <linux/ktime.h>
#include <linux/sched.h>

static inline void shim_sleep_ns(u64 ns)
{
	struct timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	nanosleep(&ts, NULL);
}

#define msleep(ms)		shim_sleep_ns((u64)(ms) * NSEC_PER_MSEC)
#define ssleep(s)		msleep((s) * 1000)
#define usleep_range(lo, hi)	shim_sleep_ns((u64)(lo) * NSEC_PER_USEC)
#define fsleep(us)		usleep_range(us, us)
#define udelay(us)		shim_sleep_ns((u64)(us) * NSEC_PER_USEC)
#define ndelay(ns)		shim_sleep_ns(ns)

#endif /* _SHIM_LINUX_DELAY_H */
