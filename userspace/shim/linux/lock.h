/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The lock behind spinlock_t and struct mutex; not a header of the kernel's. */
#ifndef _SHIM_LINUX_LOCK_H
#define _SHIM_LINUX_LOCK_H

#include <shim/slot.h>

/**
 * struct shim_lock - 8 bytes, zero when free
 * @word: 0 free, 1 held, 2 held and somebody sleeps
 * @owner: the holder's id, for lockdep_assert_held() and self-deadlocks
 */
struct shim_lock {
	u32 word;
	u32 owner;
};

void shim_lock_wait(struct shim_lock *lock);

static inline bool shim_lock_try(struct shim_lock *lock)
{
	u32 free = 0;

	if (!__atomic_compare_exchange_n(&lock->word, &free, 1, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	WRITE_ONCE(lock->owner, shim_task_id());
	return true;
}

static inline void shim_lock_acquire(struct shim_lock *lock)
{
	if (unlikely(!shim_lock_try(lock)))
		shim_lock_wait(lock);
}

static inline void shim_lock_release(struct shim_lock *lock)
{
	WRITE_ONCE(lock->owner, 0);
	if (unlikely(__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2))
		shim_futex_wake(&lock->word, 1);
}

/*
 * A fork must find every lock free, for the child has nobody who would
 * release them.  It sets shim_forking and waits until no thread holds
 * anything; who holds nothing waits here, who holds something goes on.
 */
extern u32 shim_forking;
void shim_hold_wait(void);

static inline void shim_hold_begin(void)
{
	struct shim_task *t = &shim_task;

	__atomic_store_n(&t->held, t->held + 1, __ATOMIC_RELAXED);
	barrier();
	if (likely(t->held > 1))
		return;
	shim_slot_hold(t);
	if (unlikely(READ_ONCE(shim_forking)))
		shim_hold_wait();
}

static inline void shim_hold_end(void)
{
	struct shim_task *t = &shim_task;

	if (t->held == 1)
		shim_slot_unhold(t);
	smp_store_release(&t->held, t->held - 1);
}

#endif /* _SHIM_LINUX_LOCK_H */
