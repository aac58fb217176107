/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_MUTEX_H
#define _SHIM_LINUX_MUTEX_H

#include <linux/spinlock.h>

struct mutex {
	struct shim_lock lock;
};

#define DEFINE_MUTEX(name)	struct mutex name = { { 0, 0 } }

static inline void mutex_init(struct mutex *m)
{
	m->lock = (struct shim_lock){ 0, 0 };
}

static inline void mutex_destroy(struct mutex *m)
{
}

static inline void mutex_lock(struct mutex *m)
{
	WARN_ON_ONCE(shim_task.preempt);
	shim_hold_begin();
	shim_lock_acquire(&m->lock);
}

static inline bool mutex_trylock(struct mutex *m)
{
	shim_hold_begin();
	if (shim_lock_try(&m->lock))
		return true;
	shim_hold_end();
	return false;
}

static inline void mutex_unlock(struct mutex *m)
{
	WARN_ON_ONCE(m->lock.owner != shim_task_id());
	shim_lock_release(&m->lock);
	shim_hold_end();
}

static inline bool mutex_is_locked(struct mutex *m)
{
	return READ_ONCE(m->lock.word);
}

static inline int mutex_lock_interruptible(struct mutex *m)
{
	mutex_lock(m);
	return 0;
}

#define mutex_lock_killable	mutex_lock_interruptible
#define mutex_lock_nested(m, sub) mutex_lock(m)

#endif /* _SHIM_LINUX_MUTEX_H */
