/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_DELAY_H
#define _SHIM_LINUX_DELAY_H

#include <time.h>
#include <linux/bug.h>
#include <linux/ktime.h>
#include <linux/sched.h>

static inline void shim_sleep_ns(u64 ns)
{
	struct timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	nanosleep(&ts, NULL);
}

#define msleep(ms)		shim_sleep_ns((u64)(ms) * NSEC_PER_MSEC)
#define ssleep(s)		msleep((s) * 1000)
/* The kernel takes a range that is none for one without end. */
static inline void usleep_range(unsigned long lo, unsigned long hi)
{
	WARN_ON_ONCE(lo > hi);
	shim_sleep_ns((u64)lo * NSEC_PER_USEC);
}

#define fsleep(us)		usleep_range(us, us)
#define udelay(us)		shim_sleep_ns((u64)(us) * NSEC_PER_USEC)
#define ndelay(ns)		shim_sleep_ns(ns)

#endif /* _SHIM_LINUX_DELAY_H */
