// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Threads: who they are, how they wait for each other.  See shim/task.h. */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include "shim_internal.h"

__thread struct shim_task shim_task;

u32 shim_task_new_id(void)
{
	static u32 last;

	return shim_task.id = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

/*
 * Without the system call (before Linux 4.14), taking a right away from a
 * page that this process has touched interrupts every CPU that runs it.
 */
void shim_membarrier(void)
{
	static char page[2 * 4096] __aligned(4096);

	smp_mb();
	if (!syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
		return;
	if (!syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) &&
	    !syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
		return;
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
	__atomic_fetch_add(page, 1, __ATOMIC_SEQ_CST);
	mprotect(page, 4096, PROT_READ);
}

void shim_futex_wait(u32 *word, u32 val)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, val, NULL, NULL, 0);
}

void shim_futex_wake(u32 *word, int nr)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, nr, NULL, NULL, 0);
}

void shim_lock_wait(struct shim_lock *lock)
{
	int spins;

	if (READ_ONCE(lock->owner) == shim_task_id())
		shim_bug(__FILE__, __LINE__, "deadlock: this thread holds lock %p\n", lock);
	for (spins = 0; spins < 128; spins++) {
		if (!READ_ONCE(lock->word) && shim_lock_try(lock))
			return;
		cpu_relax();
	}
	/* From here on the lock says 2: somebody may sleep. */
	while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE))
		shim_futex_wait(&lock->word, 2);
	WRITE_ONCE(lock->owner, shim_task_id());
}
