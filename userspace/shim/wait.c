// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Wait queues: a futex that counts wake-ups. */
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <shim/task.h>

void wake_up(struct wait_queue_head *wq)
{
	__atomic_fetch_add(&wq->events, 1, __ATOMIC_SEQ_CST);
	shim_futex_wake(&wq->events, INT_MAX);
}

bool shim_wait(struct wait_queue_head *wq, u32 events, unsigned long end)
{
	unsigned long now = jiffies;
	struct timespec ts;

	might_sleep();
	if (!time_before(now, end))
		return false;
	ts.tv_sec = (end - now) / HZ;
	ts.tv_nsec = (end - now) % HZ * (NSEC_PER_SEC / HZ);
	syscall(SYS_futex, &wq->events, FUTEX_WAIT_PRIVATE, events, &ts, NULL, 0);
	return true;
}
