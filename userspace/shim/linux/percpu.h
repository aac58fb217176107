/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_PERCPU_H
#define _SHIM_LINUX_PERCPU_H

#include <linux/cpumask.h>
#include <linux/preempt.h>
#include <linux/smp.h>

/*
 * One reserved area, cut into a unit a CPU.  A per-CPU pointer points into
 * unit 0, which is nobody's.  Memory is zero when it is handed out.
 */

void *__alloc_percpu(size_t size, size_t align);
void *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp);
void free_percpu(void *p);

#define alloc_percpu(type)	\
	((__typeof__(type) *)__alloc_percpu(sizeof(type), __alignof__(type)))
#define alloc_percpu_gfp(type, gfp)	\
	((__typeof__(type) *)__alloc_percpu_gfp(sizeof(type), __alignof__(type), gfp))

#define shim_percpu_at(p, off)	((__typeof__(p))((unsigned long)(p) + (off)))
#define per_cpu_ptr(p, cpu)	\
	shim_percpu_at(p, (unsigned long)(cpu) << SHIM_UNIT_SHIFT)
#define raw_cpu_ptr(p)		shim_percpu_at(p, shim_slot_off())
#define this_cpu_ptr(p)		raw_cpu_ptr(p)
#define get_cpu_ptr(p)		({ preempt_disable(); this_cpu_ptr(p); })
#define put_cpu_ptr(p)		((void)(p), preempt_enable())

/*
 * Whole against interrupts and against other CPUs: threads without a slot
 * share unit 0.
 */
#define this_cpu_read(var)	READ_ONCE(*this_cpu_ptr(&(var)))
#define this_cpu_write(var, v)	WRITE_ONCE(*this_cpu_ptr(&(var)), v)
#define this_cpu_add(var, n)	\
	((void)__atomic_fetch_add(this_cpu_ptr(&(var)), n, __ATOMIC_RELAXED))
#define this_cpu_sub(var, n)	\
	((void)__atomic_fetch_sub(this_cpu_ptr(&(var)), n, __ATOMIC_RELAXED))
#define this_cpu_inc(var)	this_cpu_add(var, 1)
#define this_cpu_dec(var)	this_cpu_sub(var, 1)
#define this_cpu_add_return(var, n)	\
	__atomic_add_fetch(this_cpu_ptr(&(var)), n, __ATOMIC_RELAXED)
#define this_cpu_inc_return(var) this_cpu_add_return(var, 1)
#define this_cpu_xchg(var, v)	\
	__atomic_exchange_n(this_cpu_ptr(&(var)), v, __ATOMIC_RELAXED)
#define __this_cpu_read		this_cpu_read
#define __this_cpu_write	this_cpu_write
#define __this_cpu_add		this_cpu_add
#define __this_cpu_inc		this_cpu_inc
#define __this_cpu_dec		this_cpu_dec
#define raw_cpu_read		this_cpu_read
#define raw_cpu_write		this_cpu_write
#define raw_cpu_add		this_cpu_add
#define raw_cpu_inc		this_cpu_inc

#endif /* _SHIM_LINUX_PERCPU_H */
