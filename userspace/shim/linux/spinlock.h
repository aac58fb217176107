/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_SPINLOCK_H
#define _SHIM_LINUX_SPINLOCK_H

#include <linux/bug.h>
#include <linux/preempt.h>
#include <linux/lock.h>

/* Spins for a while, then sleeps; preemption is off meanwhile. */
typedef struct spinlock {
	struct shim_lock lock;
} spinlock_t;
typedef spinlock_t raw_spinlock_t;

#define __SPIN_LOCK_UNLOCKED(name)	{ .lock = { 0, 0 } }
#define DEFINE_SPINLOCK(name)	spinlock_t name = __SPIN_LOCK_UNLOCKED(name)
#define DEFINE_RAW_SPINLOCK(name) DEFINE_SPINLOCK(name)

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->lock = (struct shim_lock){ 0, 0 };
}

static inline void spin_lock(spinlock_t *lock)
{
	shim_hold_begin();
	preempt_disable();
	shim_lock_acquire(&lock->lock);
}

static inline bool spin_trylock(spinlock_t *lock)
{
	shim_hold_begin();
	preempt_disable();
	if (likely(shim_lock_try(&lock->lock)))
		return true;
	preempt_enable();
	shim_hold_end();
	return false;
}

static inline void spin_unlock(spinlock_t *lock)
{
	WARN_ON_ONCE(IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP) && lock->lock.owner != shim_task_id());
	shim_lock_release(&lock->lock);
	preempt_enable();
	shim_hold_end();
}

static inline bool spin_is_locked(spinlock_t *lock)
{
	return READ_ONCE(lock->lock.word);
}

#define spin_lock_irqsave(lock, flags)	\
	do { local_irq_save(flags); spin_lock(lock); } while (0)
#define spin_unlock_irqrestore(lock, flags)	\
	do { spin_unlock(lock); local_irq_restore(flags); } while (0)
#define spin_trylock_irqsave(lock, flags) ({	\
	local_irq_save(flags);			\
	bool _ok = spin_trylock(lock);		\
	if (!_ok)				\
		local_irq_restore(flags);	\
	_ok; })
#define spin_lock_irq(lock)	do { local_irq_disable(); spin_lock(lock); } while (0)
#define spin_unlock_irq(lock)	do { spin_unlock(lock); local_irq_enable(); } while (0)
#define spin_lock_bh(lock)	spin_lock(lock)
#define spin_unlock_bh(lock)	spin_unlock(lock)
#define spin_lock_nested(lock, sub)	spin_lock(lock)
#define raw_spin_lock_init	spin_lock_init
#define raw_spin_lock		spin_lock
#define raw_spin_unlock		spin_unlock
#define raw_spin_trylock	spin_trylock
#define raw_spin_lock_irqsave	spin_lock_irqsave
#define raw_spin_unlock_irqrestore spin_unlock_irqrestore
#define raw_spin_trylock_irqsave spin_trylock_irqsave

#define lockdep_is_held(l)	((l)->lock.owner == shim_task_id())
#define lockdep_assert_held(l)	WARN_ON_ONCE(!lockdep_is_held(l))
#define lockdep_assert_not_held(l) WARN_ON_ONCE(lockdep_is_held(l))
#define lockdep_set_class(l, k)	((void)(k))
#define lockdep_assert_in_softirq()	((void)0)
struct lock_class_key { char unused; };

#endif /* _SHIM_LINUX_SPINLOCK_H */
