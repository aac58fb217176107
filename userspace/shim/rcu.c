// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Read-copy-update, small and slow.  See linux/rcupdate.h. */
#include <limits.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "shim_internal.h"

static u32 shim_readers[2];
static u32 shim_epoch;		/* its low bit is the counter in use */
static unsigned long shim_grace_periods;	/* completed */
static DEFINE_MUTEX(shim_rcu_lock);	/* one grace period at a time */

/*
 * Callbacks: those that still need a grace period, and those that had one.
 * Both lists survive a fork, the thread does not.
 */
static DEFINE_SPINLOCK(shim_callback_lock);
static struct rcu_head *shim_pending, **shim_pending_tail = &shim_pending;
static struct rcu_head *shim_ready;
static unsigned long shim_wanted;	/* grace period that somebody polls for */
static u32 shim_rcu_events;		/* for the thread */
static u32 shim_unfinished;		/* callbacks not returned from yet */
static bool shim_thread_alive;

void rcu_read_lock(void)
{
	struct shim_task *t = &shim_task;

	if (t->rcu++)
		return;
	t->rcu_index = READ_ONCE(shim_epoch) & 1;
	__atomic_fetch_add(&shim_readers[t->rcu_index], 1, __ATOMIC_SEQ_CST);
}

void rcu_read_unlock(void)
{
	struct shim_task *t = &shim_task;

	if (!--t->rcu)
		__atomic_fetch_sub(&shim_readers[t->rcu_index], 1, __ATOMIC_RELEASE);
}

static void shim_turn(void)
{
	u32 old = __atomic_fetch_add(&shim_epoch, 1, __ATOMIC_SEQ_CST) & 1;

	while (__atomic_load_n(&shim_readers[old], __ATOMIC_SEQ_CST))
		sched_yield();
}

/*
 * Twice: a reader may have read the epoch before the first turn and counted
 * itself after it.  It is then in the counter that the second turn empties.
 */
void synchronize_rcu(void)
{
	might_sleep();
	mutex_lock(&shim_rcu_lock);
	shim_turn();
	shim_turn();
	__atomic_fetch_add(&shim_grace_periods, 1, __ATOMIC_RELEASE);
	mutex_unlock(&shim_rcu_lock);
}

/* The grace period that may be under way now began too early to count. */
unsigned long get_state_synchronize_rcu(void)
{
	smp_mb();
	return smp_load_acquire(&shim_grace_periods) + 2;
}

bool poll_state_synchronize_rcu(unsigned long state)
{
	return (long)(smp_load_acquire(&shim_grace_periods) - state) >= 0;
}

void cond_synchronize_rcu(unsigned long state)
{
	if (!poll_state_synchronize_rcu(state))
		synchronize_rcu();
}

/* All that is pending will be ready after the next grace period. */
static void shim_take_pending(struct rcu_head **batch)
{
	unsigned long flags;

	spin_lock_irqsave(&shim_callback_lock, flags);
	*batch = shim_ready = shim_pending;
	shim_pending = NULL;
	shim_pending_tail = &shim_pending;
	spin_unlock_irqrestore(&shim_callback_lock, flags);
}

static struct rcu_head *shim_pop_ready(void)
{
	struct rcu_head *head;
	unsigned long flags;

	spin_lock_irqsave(&shim_callback_lock, flags);
	head = shim_ready;
	if (head)
		shim_ready = head->next;
	spin_unlock_irqrestore(&shim_callback_lock, flags);
	return head;
}

/* kfree_rcu() stores an offset, which is no function's address. */
static void shim_callback_run(struct rcu_head *head)
{
	unsigned long offset = (unsigned long)head->func;

	if (offset < 4096)
		kfree((char *)head - offset);
	else
		head->func(head);
	__atomic_fetch_sub(&shim_unfinished, 1, __ATOMIC_RELEASE);
}

static void *shim_rcu_thread(void *arg)
{
	for (;;) {
		u32 events = smp_load_acquire(&shim_rcu_events);
		struct rcu_head *head;

		shim_take_pending(&head);
		if (head || !poll_state_synchronize_rcu(READ_ONCE(shim_wanted))) {
			synchronize_rcu();
			while ((head = shim_pop_ready()))
				shim_callback_run(head);
			shim_futex_wake(&shim_unfinished, INT_MAX);
		} else {
			shim_futex_wait(&shim_rcu_events, events);
		}
	}
	return NULL;
}

static void shim_rcu_kick(void)
{
	__atomic_fetch_add(&shim_rcu_events, 1, __ATOMIC_RELEASE);
	shim_futex_wake(&shim_rcu_events, 1);
	shim_daemon_start(&shim_thread_alive, shim_rcu_thread);
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	unsigned long flags;

	head->next = NULL;
	head->func = func;
	__atomic_fetch_add(&shim_unfinished, 1, __ATOMIC_RELAXED);
	spin_lock_irqsave(&shim_callback_lock, flags);
	*shim_pending_tail = head;
	shim_pending_tail = &head->next;
	spin_unlock_irqrestore(&shim_callback_lock, flags);
	shim_rcu_kick();
}

void shim_kfree_rcu(struct rcu_head *head, size_t offset)
{
	call_rcu(head, (void (*)(struct rcu_head *))offset);
}

/* Waits for those, too, that others call for meanwhile. */
void rcu_barrier(void)
{
	u32 n;

	might_sleep();
	while ((n = smp_load_acquire(&shim_unfinished)))
		shim_futex_wait(&shim_unfinished, n);
}

unsigned long start_poll_synchronize_rcu(void)
{
	unsigned long state = get_state_synchronize_rcu();

	WRITE_ONCE(shim_wanted, state);
	shim_rcu_kick();
	return state;
}

/* A callback that was running is lost; its object leaks in the child. */
void shim_rcu_fork_child(void)
{
	struct shim_task *t = &shim_task;
	struct rcu_head **tail, *head;
	u32 n = 0;

	shim_readers[0] = 0;
	shim_readers[1] = 0;
	if (t->rcu)
		shim_readers[t->rcu_index] = 1;
	for (tail = &shim_ready; *tail; tail = &(*tail)->next)
		;
	*tail = shim_pending;
	shim_pending = shim_ready;
	shim_ready = NULL;
	shim_pending_tail = &shim_pending;
	for (head = shim_pending; head; head = head->next) {
		shim_pending_tail = &head->next;
		n++;
	}
	shim_unfinished = n;
	shim_thread_alive = false;
	if (n)
		shim_rcu_kick();
}
