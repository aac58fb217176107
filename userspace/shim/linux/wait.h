/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_WAIT_H
#define _SHIM_LINUX_WAIT_H

#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/types.h>

/* Who waits sleeps on @events, which each wake-up raises. */
typedef struct wait_queue_head {
	u32 events;
} wait_queue_head_t;

#define init_waitqueue_head(wq)	__atomic_store_n(&(wq)->events, 0, __ATOMIC_RELAXED)

/* Wakes all that wait: nobody here waits exclusively. */
void wake_up(struct wait_queue_head *wq);
#define wake_up_all(wq)		wake_up(wq)
#define wq_has_sleeper(wq)	((void)(wq), true)

/* Sleeps until @events is not what it was, or jiffies reach @end; false if they have. */
bool shim_wait(struct wait_queue_head *wq, u32 events, unsigned long end);

#define wait_event_timeout(wq, condition, timeout) ({			\
	unsigned long _end = jiffies + (timeout);			\
	bool _met, _time = true;					\
	for (;;) {							\
		u32 _events = __atomic_load_n(&(wq).events, __ATOMIC_SEQ_CST); \
		_met = (condition);					\
		if (_met || !_time)					\
			break;						\
		_time = shim_wait(&(wq), _events, _end);		\
	}								\
	_met ? max((long)(_end - jiffies), 1L) : 0L; })

#endif /* _SHIM_LINUX_WAIT_H */
