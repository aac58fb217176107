/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* How a thread gets hold of its CPU's share of a cache.  See shim/slot.h. */
#ifndef _SHIM_SHARE_H
#define _SHIM_SHARE_H

#include <linux/percpu.h>
#include <shim/slot.h>

struct zmem_cpu;

/*
 * This CPU's share, its slot held, or NULL: the slot is held, closed or none,
 * or the thread was interrupted.  The commit is the one store of the owner; its
 * release may be a plain store, for x86 keeps both loads and stores in order.
 */
static __always_inline struct zmem_cpu *zmem_here_enter(struct zmem_cpu *cpu)
{
	unsigned long zc, slot;

	/* struct rseq_cs: version, flags, start, length, abort */
	asm goto volatile(".pushsection __rseq_cs, \"aw\"\n\t"
		".balign 32\n"
		"3:\n\t"
		".long 0, 0\n\t"
		".quad 1f, 2f - 1f, 4f\n\t"
		".popsection\n\t"
		/* The signature, in an instruction that traps. */
		".pushsection __rseq_failure, \"ax\"\n\t"
		".byte 0x0f, 0xb9, 0x3d\n\t"
		".long %c[sig]\n"
		"4:\n\t"
		"jmp %l[fail]\n\t"
		".popsection\n\t"
		"leaq 3b(%%rip), %[slot]\n\t"
		"movq %[slot], %%fs:%c[cs](%[rseq])\n"
		"1:\n\t"
		"movl %%fs:%c[id](%[rseq]), %k[zc]\n\t"
		"cmpl %[open], %k[zc]\n\t"
		"jae %l[fail]\n\t"
		"shlq %[shift], %[zc]\n\t"
		"leaq %c[unit](%[cpu], %[zc]), %[zc]\n\t"
		"movq %[zc], %[slot]\n\t"
		"andq %[mask], %[slot]\n\t"
		"cmpq $0, (%[slot])\n\t"
		"jne %l[fail]\n\t"
		"movq %[self], (%[slot])\n"
		"2:\n"
		: [zc] "=&r" (zc), [slot] "=&r" (slot)
		: [cpu] "r" (cpu), [rseq] "r" (__rseq_offset), [open] "m" (shim_slots_open),
		  [self] "r" (__builtin_thread_pointer()),
		  [cs] "i" (offsetof(struct rseq, rseq_cs)),
		  [id] "i" (offsetof(struct rseq, cpu_id)),
		  [shift] "i" (SHIM_UNIT_SHIFT), [unit] "i" (1UL << SHIM_UNIT_SHIFT),
		  [mask] "i" (-(1UL << SHIM_UNIT_SHIFT)), [sig] "i" (RSEQ_SIG)
		: "memory", "cc" : fail);
	/* Callers' tests for NULL then cost nothing. */
	if (!zc)
		__builtin_unreachable();
	return (struct zmem_cpu *)zc;
fail:
	return NULL;
}

static __always_inline void zmem_here_exit(void *share)
{
	smp_store_release(&shim_slot_of(share)->owner, NULL);
}

/* The share of the CPU that this thread acts for: nobody else is there. */
static inline struct zmem_cpu *shim_acting_enter(struct zmem_cpu *cpu)
{
	struct shim_slot *slot = shim_slot(shim_task.cpu);

	if (slot->owner)
		return NULL;
	WRITE_ONCE(slot->owner, __builtin_thread_pointer());
	barrier();
	return per_cpu_ptr(cpu, shim_task.cpu);
}

/* The same for the slow path, and NULL also if the slot is not online. */
static __always_inline struct zmem_cpu *zmem_cpu_enter(struct zmem_cpu *cpu)
{
	struct zmem_cpu *zc;

	if (unlikely(shim_task.cpu))
		return shim_acting_enter(cpu);
	zc = zmem_here_enter(cpu);
	if (zc && unlikely(!READ_ONCE(shim_slot_of(zc)->online))) {
		zmem_here_exit(zc);
		return NULL;
	}
	return zc;
}

/* The slow path's chance: a CPU's first calls come through here. */
static inline void zmem_cpu_poll(void)
{
	u32 cpu = shim_slot_here();

	if (cpu && unlikely(!READ_ONCE(shim_slot(cpu)->online)))
		zmem_slot_get();
}

#endif /* _SHIM_SHARE_H */
