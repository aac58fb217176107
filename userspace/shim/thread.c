// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Completions, kernel threads, the workqueue. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/futex.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <shim/shim.h>
#include <zmem/cpu.h>
#include "shim_internal.h"

/* Any context may call; whoever calls first makes the thread. */
void shim_daemon_start(bool *alive, void *(*fn)(void *arg))
{
	pthread_attr_t attr;
	pthread_t thread;

	if (likely(__atomic_exchange_n(alive, true, __ATOMIC_RELAXED)))
		return;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, fn, NULL))
		WRITE_ONCE(*alive, false);
	pthread_attr_destroy(&attr);
}

#define DONE_FOR_ALL	(UINT_MAX / 2)

void complete(struct completion *c)
{
	u32 done = READ_ONCE(c->done);

	do {
		if (done == DONE_FOR_ALL)
			return;
	} while (!__atomic_compare_exchange_n(&c->done, &done, done + 1, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	/*
	 * Whoever waits may return and reuse the memory before this call: then
	 * it wakes somebody for nothing, which futex waiters expect.
	 */
	shim_futex_wake(&c->done, 1);
}

void complete_all(struct completion *c)
{
	smp_store_release(&c->done, DONE_FOR_ALL);
	shim_futex_wake(&c->done, INT_MAX);
}

bool try_wait_for_completion(struct completion *c)
{
	u32 done = smp_load_acquire(&c->done);

	do {
		if (!done)
			return false;
		if (done == DONE_FOR_ALL)
			return true;
	} while (!__atomic_compare_exchange_n(&c->done, &done, done - 1, false,
					      __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE));
	return true;
}

bool completion_done(struct completion *c)
{
	return smp_load_acquire(&c->done) != 0;
}

void wait_for_completion(struct completion *c)
{
	might_sleep();
	while (!try_wait_for_completion(c))
		shim_futex_wait(&c->done, 0);
}

unsigned long wait_for_completion_timeout(struct completion *c, unsigned long timeout)
{
	unsigned long end = jiffies + timeout, now;

	might_sleep();
	while (!try_wait_for_completion(c)) {
		struct timespec ts;

		now = jiffies;
		if (!time_before(now, end))
			return 0;
		ts.tv_sec = (end - now) / HZ;
		ts.tv_nsec = (end - now) % HZ * (NSEC_PER_SEC / HZ);
		syscall(SYS_futex, &c->done, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0);
	}
	now = jiffies;
	return time_before(now, end) ? end - now : 1;
}

/**
 * struct task_struct - a kernel thread
 * @thread: valid once @started
 * @fn: what it runs
 * @data: with
 * @cpu: the slot that it wishes for, or -1
 * @node: likewise
 * @started: it was woken
 * @stop: kthread_stop() was called
 * @result: of @fn
 */
struct task_struct {
	pthread_t thread;
	int (*fn)(void *data);
	void *data;
	int cpu;
	int node;
	bool started;
	bool stop;
	int result;
};

static __thread struct task_struct *shim_current;

static void *shim_kthread_main(void *arg)
{
	struct task_struct *t = arg;

	shim_current = t;
	shim_prefer_cpu(t->cpu);
	shim_prefer_node(t->node);
	shim_slot_wait();
	t->result = t->fn(t->data);
	return NULL;
}

struct task_struct *shim_kthread_create(int (*fn)(void *data), void *data, int cpu,
					int node, const char *name)
{
	struct task_struct *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return ERR_PTR(-ENOMEM);
	t->fn = fn;
	t->data = data;
	t->cpu = cpu;
	t->node = node;
	return t;
}

void kthread_bind(struct task_struct *t, unsigned int cpu)
{
	t->cpu = cpu;
}

int wake_up_process(struct task_struct *t)
{
	if (t->started)
		return 0;
	t->started = true;
	if (pthread_create(&t->thread, NULL, shim_kthread_main, t))
		shim_bug(__FILE__, __LINE__, "cannot create a thread\n");
	return 1;
}

bool kthread_should_stop(void)
{
	return shim_current && READ_ONCE(shim_current->stop);
}

int kthread_stop(struct task_struct *t)
{
	int result = -EINTR;

	WRITE_ONCE(t->stop, true);
	if (t->started) {
		pthread_join(t->thread, NULL);
		result = t->result;
	}
	kfree(t);
	return result;
}

/* The workqueue: works by the time when they are due. */
static DEFINE_SPINLOCK(shim_work_lock);
static LIST_HEAD(shim_works);
static struct work_struct *shim_work_running;
static bool shim_worker_alive;
static u32 shim_work_events;	/* grows when there is something to look at */
static u32 shim_work_done;	/* grows when a work has run */

static void shim_kick(u32 *word)
{
	__atomic_fetch_add(word, 1, __ATOMIC_RELEASE);
	shim_futex_wake(word, INT_MAX);
}

static void shim_worker_wait(u32 events, u64 ns)
{
	struct timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	syscall(SYS_futex, &shim_work_events, FUTEX_WAIT_PRIVATE, events, &ts, NULL, 0);
}

static void *shim_worker(void *arg)
{
	for (;;) {
		u32 events = smp_load_acquire(&shim_work_events);
		struct work_struct *work;
		u64 now = ktime_get_ns(), wait = 3600 * (u64)NSEC_PER_SEC;
		unsigned long flags;

		spin_lock_irqsave(&shim_work_lock, flags);
		work = list_first_entry_or_null(&shim_works, struct work_struct, entry);
		if (work && work->due > now) {
			wait = work->due - now;
			work = NULL;
		}
		if (work) {
			list_del_init(&work->entry);
			WRITE_ONCE(work->pending, false);
			shim_work_running = work;
		}
		spin_unlock_irqrestore(&shim_work_lock, flags);
		if (!work) {
			shim_worker_wait(events, wait);
			continue;
		}
		work->func(work);
		spin_lock_irqsave(&shim_work_lock, flags);
		shim_work_running = NULL;
		spin_unlock_irqrestore(&shim_work_lock, flags);
		shim_kick(&shim_work_done);
	}
	return NULL;
}

bool shim_queue(struct work_struct *work, unsigned long delay, bool again)
{
	struct work_struct *pos;
	unsigned long flags;
	bool queue;

	spin_lock_irqsave(&shim_work_lock, flags);
	queue = !work->pending;
	if (work->pending && again)
		list_del_init(&work->entry);
	if (queue || again) {
		work->due = delay ? ktime_get_ns() + delay * (NSEC_PER_SEC / HZ) : 0;
		list_for_each_entry(pos, &shim_works, entry)
			if (pos->due > work->due)
				break;
		list_add_tail(&work->entry, &pos->entry);
		WRITE_ONCE(work->pending, true);
	}
	spin_unlock_irqrestore(&shim_work_lock, flags);
	if (queue || again) {
		shim_kick(&shim_work_events);
		shim_daemon_start(&shim_worker_alive, shim_worker);
	}
	return queue;
}

/* Until the work neither waits (if @pending counts) nor runs. */
static bool shim_work_wait(struct work_struct *work, bool pending)
{
	bool waited = false;

	for (;;) {
		u32 done = smp_load_acquire(&shim_work_done);
		unsigned long flags;
		bool active;

		spin_lock_irqsave(&shim_work_lock, flags);
		active = shim_work_running == work || (pending && work->pending);
		spin_unlock_irqrestore(&shim_work_lock, flags);
		if (!active)
			return waited;
		waited = true;
		shim_futex_wait(&shim_work_done, done);
	}
}

bool flush_work(struct work_struct *work)
{
	might_sleep();
	return shim_work_wait(work, true);
}

bool cancel_work_sync(struct work_struct *work)
{
	unsigned long flags;
	bool pending;

	might_sleep();
	/* Twice: it may have queued itself while it ran. */
	do {
		spin_lock_irqsave(&shim_work_lock, flags);
		pending = work->pending;
		if (pending) {
			list_del_init(&work->entry);
			WRITE_ONCE(work->pending, false);
		}
		spin_unlock_irqrestore(&shim_work_lock, flags);
		shim_work_wait(work, false);
	} while (READ_ONCE(work->pending));
	return pending;
}

void shim_work_fork_child(void)
{
	shim_worker_alive = false;
	shim_work_running = NULL;
	if (!list_empty(&shim_works))
		shim_daemon_start(&shim_worker_alive, shim_worker);
}
