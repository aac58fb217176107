/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_COMPLETION_H
#define _SHIM_LINUX_COMPLETION_H

#include <linux/types.h>
#include <linux/jiffies.h>

struct completion {
	u32 done;
};

#define COMPLETION_INITIALIZER(c)	{ 0 }
#define DECLARE_COMPLETION(c)		struct completion c = { 0 }
#define DECLARE_COMPLETION_ONSTACK(c)	DECLARE_COMPLETION(c)
#define init_completion(c)		__atomic_store_n(&(c)->done, 0, __ATOMIC_RELEASE)
#define reinit_completion(c)		init_completion(c)

void complete(struct completion *c);
void complete_all(struct completion *c);
void wait_for_completion(struct completion *c);
bool try_wait_for_completion(struct completion *c);
bool completion_done(struct completion *c);
/* Jiffies left, at least 1; 0 if it timed out. */
unsigned long wait_for_completion_timeout(struct completion *c, unsigned long timeout);

#endif /* _SHIM_LINUX_COMPLETION_H */
