/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_WORKQUEUE_H
#define _SHIM_LINUX_WORKQUEUE_H

#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/list.h>

/*
 * One worker thread for all queues, started by the first work.  It takes a
 * slot if its work allocates.  For work on each CPU see compat/work.h.
 */
struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	struct list_head entry;
	work_func_t func;
	u64 due;		/* ns */
	bool pending;
};

struct delayed_work {
	struct work_struct work;
};

struct workqueue_struct;
#define system_wq		((struct workqueue_struct *)NULL)
#define system_unbound_wq	system_wq
#define system_percpu_wq	system_wq
#define system_power_efficient_wq system_wq
#define WQ_UNBOUND		0
#define WQ_MEM_RECLAIM		0
#define WQ_FREEZABLE		0
#define WQ_HIGHPRI		0
#define WQ_PERCPU		0

#define INIT_WORK(w, f)		\
	do { INIT_LIST_HEAD(&(w)->entry); (w)->func = (f); (w)->pending = false; } while (0)
#define INIT_DELAYED_WORK(d, f)	INIT_WORK(&(d)->work, f)
#define INIT_DEFERRABLE_WORK(d, f) INIT_DELAYED_WORK(d, f)
#define __WORK_INITIALIZER(n, f) { .entry = LIST_HEAD_INIT((n).entry), .func = (f) }
#define DECLARE_WORK(n, f)	struct work_struct n = __WORK_INITIALIZER(n, f)
#define DECLARE_DELAYED_WORK(n, f) \
	struct delayed_work n = { .work = __WORK_INITIALIZER((n).work, f) }
#define to_delayed_work(w)	container_of(w, struct delayed_work, work)

bool shim_queue(struct work_struct *work, unsigned long delay, bool again);
bool flush_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);

#define queue_work(wq, w)		((void)(wq), shim_queue(w, 0, false))
#define schedule_work(w)		shim_queue(w, 0, false)
#define queue_delayed_work(wq, d, j)	((void)(wq), shim_queue(&(d)->work, j, false))
#define schedule_delayed_work(d, j)	shim_queue(&(d)->work, j, false)
#define mod_delayed_work(wq, d, j)	((void)(wq), shim_queue(&(d)->work, j, true))
#define flush_delayed_work(d)		\
	(shim_queue(&(d)->work, 0, true), flush_work(&(d)->work))
#define cancel_delayed_work_sync(d)	cancel_work_sync(&(d)->work)
#define work_pending(w)			READ_ONCE((w)->pending)
#define delayed_work_pending(d)		work_pending(&(d)->work)
#define alloc_workqueue(fmt, flags, max, ...)	((struct workqueue_struct *)1)
#define destroy_workqueue(wq)		((void)(wq))

#endif /* _SHIM_LINUX_WORKQUEUE_H */
