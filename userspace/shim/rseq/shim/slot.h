/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * How a CPU is made of a CPU, by restartable sequences: SLOTS=rseq.
 *
 * Slot n + 1 is CPU n's, of all threads that run there, and held only while
 * one is at work on it.  @owner at the start of its unit says which; a thread
 * writes itself there in a restartable sequence (shim/share.h), which checks
 * that there is nobody, and clears the word when it is done, wherever it runs
 * by then.  In between
 *
 *  - a thread that is preempted, or a signal, or that migrates before the
 *    store is sent to the sequence's end empty-handed;
 *  - others on the CPU find the word set, and so does a signal handler, unless
 *    its thread has moved: then it may hold the other CPU's slot meanwhile.
 *    Who finds it set goes to the slabs;
 *  - whoever acts for CPUs, or forks, holds shim_cpu_lock.  It sets
 *    shim_slots_open to 0, which each sequence reads, and has membarrier()
 *    restart those under way: no word is set from there on, and it waits until
 *    none is.  Then all slots are its own until it opens them again.
 *
 * A slot comes online when a slow call first finds that it is not, and stays.
 * shim_slots_open is the highest such, so that a sequence meets no other, no
 * unit that is not there, and, as the number of the CPU is unsigned to it, no
 * thread that has no restartable sequences: that goes to the slabs.  A slot
 * below that is not online yet can be held, but its magazines are not open.
 *
 * Outside, a thread may be anywhere the next moment.  raw_cpu_ptr() then is a
 * hint, good for what has a lock of its own, or is changed by one atomic step.
 */
#ifndef _SHIM_SLOT_H
#define _SHIM_SLOT_H

#include <sys/rseq.h>
#include <linux/cache.h>
#include <shim/task.h>

struct cpumask;

/**
 * struct shim_slot - at the start of each unit; unit 0's is nobody's
 * @owner: the thread that holds it, as __builtin_thread_pointer() has it
 * @online: it has come online
 */
struct shim_slot {
	void *owner;
	bool online;
} ____cacheline_aligned;

/* Of each unit, for the slot itself. */
#define SHIM_SLOT_BYTES	64

extern unsigned long shim_units __hidden;
extern u32 shim_slots_open __hidden;	/* slots that may be held now */
extern u32 shim_slots_max __hidden;	/* slots there are; 0: no restartable sequences */

/*
 * Gets this CPU's slot online, unless it is, or not where the thread holds
 * something.  Never sleeps.  True if it came online.
 */
bool zmem_slot_get(void);

static inline struct shim_slot *shim_slot(u32 cpu)
{
	return (struct shim_slot *)(shim_units + ((unsigned long)cpu << SHIM_UNIT_SHIFT));
}

/* The slot that a share is in. */
static __always_inline struct shim_slot *shim_slot_of(const void *share)
{
	return (struct shim_slot *)((unsigned long)share & -(1UL << SHIM_UNIT_SHIFT));
}

/* The slot of the CPU that this thread runs on, online or not; 0: none. */
static inline u32 shim_slot_here(void)
{
	const struct rseq *rseq = __builtin_thread_pointer() + __rseq_offset;
	u32 cpu = READ_ONCE(rseq->cpu_id) + 1;

	return cpu <= shim_slots_max ? cpu : 0;
}

/* The slot that this thread acts for, or else that is online where it runs, or 0. */
static inline u32 shim_slot_cpu(void)
{
	u32 cpu = shim_task.cpu;

	if (likely(!cpu))
		cpu = shim_slot_here();
	return cpu && READ_ONCE(shim_slot(cpu)->online) ? cpu : 0;
}

static inline unsigned long shim_slot_off(void)
{
	return (unsigned long)shim_slot_cpu() << SHIM_UNIT_SHIFT;
}

/* Nothing that a thread could tell by one look. */
static inline bool shim_slot_busy(void)
{
	return false;
}

/* Whether this thread holds a slot: if so, this is a signal handler. */
bool shim_slot_held(void);

/* Runs this thread on the CPUs of slots; where it is, if they say 0. */
int shim_slot_bind(const struct cpumask *mask);

/*
 * This thread begins to hold locks, and holds none any more.  Counted by CPUs;
 * both counts of a thread in one place, or a fork's sum could be too low.
 */
struct shim_held {
	u32 threads;
} ____cacheline_aligned;

extern struct shim_held shim_held[SHIM_NR_CPUS + 1] __hidden;

static inline void shim_slot_hold(struct shim_task *t)
{
	t->held_at = shim_slot_here();
	__atomic_fetch_add(&shim_held[t->held_at].threads, 1, __ATOMIC_SEQ_CST);
}

static inline void shim_slot_unhold(struct shim_task *t)
{
	__atomic_fetch_sub(&shim_held[t->held_at].threads, 1, __ATOMIC_RELEASE);
}

#endif /* _SHIM_SLOT_H */
