/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_CPUMASK_H
#define _SHIM_LINUX_CPUMASK_H

#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <shim/task.h>

/*
 * Slots 1 to SHIM_NR_CPUS; CPU 0 is possible and never online.  On one node
 * a CPU becomes possible when its slot is first taken: until then its unit,
 * of which nobody can tell that it is not set up to say "node 0", takes no
 * memory.
 */
#define NR_CPUS		(SHIM_NR_CPUS + 1)
#define CONFIG_NR_CPUS	NR_CPUS
#define nr_cpu_ids	((unsigned int)NR_CPUS)
#define nr_cpumask_bits	nr_cpu_ids

struct cpumask {
	DECLARE_BITMAP(bits, NR_CPUS);
};
typedef struct cpumask cpumask_t;
typedef struct cpumask cpumask_var_t[1];

extern struct cpumask __cpu_possible_mask, __cpu_online_mask;
#define cpu_possible_mask	((const struct cpumask *)&__cpu_possible_mask)
#define cpu_online_mask		((const struct cpumask *)&__cpu_online_mask)

#define cpumask_bits(m)			((m)->bits)
#define cpumask_test_cpu(cpu, m)	test_bit(cpu, (m)->bits)
#define cpumask_set_cpu(cpu, m)		set_bit(cpu, (m)->bits)
#define cpumask_clear_cpu(cpu, m)	clear_bit(cpu, (m)->bits)
#define __cpumask_set_cpu(cpu, m)	__set_bit(cpu, (m)->bits)
#define __cpumask_clear_cpu(cpu, m)	__clear_bit(cpu, (m)->bits)
#define cpumask_clear(m)		bitmap_zero((m)->bits, NR_CPUS)
#define cpumask_setall(m)		bitmap_set((m)->bits, 0, NR_CPUS)
#define cpumask_copy(d, s)		bitmap_copy((d)->bits, (s)->bits, NR_CPUS)
#define cpumask_and(d, a, b)		shim_cpumask_and(d, a, b)
#define cpumask_empty(m)		bitmap_empty((m)->bits, NR_CPUS)
#define cpumask_weight(m)		bitmap_weight((m)->bits, NR_CPUS)
#define cpumask_first(m)		((unsigned int)find_first_bit((m)->bits, NR_CPUS))
#define cpumask_next(n, m)		\
	((unsigned int)find_next_bit((m)->bits, NR_CPUS, (n) + 1))
#define for_each_cpu(cpu, m)		\
	for ((cpu) = cpumask_first(m); (cpu) < nr_cpu_ids; (cpu) = cpumask_next(cpu, m))
#define for_each_possible_cpu(cpu)	for_each_cpu(cpu, cpu_possible_mask)
#define for_each_online_cpu(cpu)	for_each_cpu(cpu, cpu_online_mask)
#define for_each_present_cpu(cpu)	for_each_possible_cpu(cpu)
#define num_possible_cpus()		cpumask_weight(cpu_possible_mask)
#define num_online_cpus()		cpumask_weight(cpu_online_mask)
#define cpu_online(cpu)			cpumask_test_cpu(cpu, cpu_online_mask)
#define cpu_possible(cpu)		cpumask_test_cpu(cpu, cpu_possible_mask)
#define alloc_cpumask_var(m, gfp)	(cpumask_clear(*(m)), true)
#define zalloc_cpumask_var(m, gfp)	alloc_cpumask_var(m, gfp)
#define free_cpumask_var(m)		((void)(m))

/* Good until the thread asks for another. */
static inline const struct cpumask *cpumask_of(unsigned int cpu)
{
	static __thread struct cpumask mask;

	cpumask_clear(&mask);
	cpumask_set_cpu(cpu, &mask);
	return &mask;
}

static inline bool shim_cpumask_and(struct cpumask *d, const struct cpumask *a,
				    const struct cpumask *b)
{
	unsigned long any = 0;
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(NR_CPUS); i++)
		any |= d->bits[i] = READ_ONCE(a->bits[i]) & READ_ONCE(b->bits[i]);
	return any;
}

#endif /* _SHIM_LINUX_CPUMASK_H */
