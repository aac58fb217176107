/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_ATOMIC_H
#define _SHIM_LINUX_ATOMIC_H

#include <linux/types.h>
#include <asm/barrier.h>

/* Operations that return a value are fully ordered, the others relaxed. */
#define ATOMIC_INIT(i)		{ (i) }
#define ATOMIC64_INIT(i)	{ (i) }
#define ATOMIC_LONG_INIT(i)	{ (i) }
typedef atomic64_t atomic_long_t;

#define SHIM_ATOMIC(name, atype, vtype)					\
static inline vtype name##_read(const atype *v)	\
{ return __atomic_load_n(&v->counter, __ATOMIC_RELAXED); }	\
static inline vtype name##_read_acquire(const atype *v)	\
{ return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE); }	\
static inline void name##_set(atype *v, vtype i)	\
{ __atomic_store_n(&v->counter, i, __ATOMIC_RELAXED); }	\
static inline void name##_set_release(atype *v, vtype i)	\
{ __atomic_store_n(&v->counter, i, __ATOMIC_RELEASE); }	\
static inline void name##_add(vtype i, atype *v)	\
{ __atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED); }	\
static inline vtype name##_fetch_add(vtype i, atype *v)	\
{ return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); }	\
static inline vtype name##_fetch_add_relaxed(vtype i, atype *v)	\
{ return __atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED); }	\
static inline vtype name##_fetch_add_acquire(vtype i, atype *v)	\
{ return __atomic_fetch_add(&v->counter, i, __ATOMIC_ACQUIRE); }	\
static inline vtype name##_fetch_add_release(vtype i, atype *v)	\
{ return __atomic_fetch_add(&v->counter, i, __ATOMIC_RELEASE); }	\
static inline void name##_sub(vtype i, atype *v)	\
{ __atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED); }	\
static inline vtype name##_fetch_sub(vtype i, atype *v)	\
{ return __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST); }	\
static inline vtype name##_fetch_sub_relaxed(vtype i, atype *v)	\
{ return __atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED); }	\
static inline vtype name##_fetch_sub_acquire(vtype i, atype *v)	\
{ return __atomic_fetch_sub(&v->counter, i, __ATOMIC_ACQUIRE); }	\
static inline vtype name##_fetch_sub_release(vtype i, atype *v)	\
{ return __atomic_fetch_sub(&v->counter, i, __ATOMIC_RELEASE); }	\
static inline void name##_or(vtype i, atype *v)	\
{ __atomic_fetch_or(&v->counter, i, __ATOMIC_RELAXED); }	\
static inline vtype name##_fetch_or(vtype i, atype *v)	\
{ return __atomic_fetch_or(&v->counter, i, __ATOMIC_SEQ_CST); }	\
static inline vtype name##_fetch_or_relaxed(vtype i, atype *v)	\
{ return __atomic_fetch_or(&v->counter, i, __ATOMIC_RELAXED); }	\
static inline vtype name##_fetch_or_acquire(vtype i, atype *v)	\
{ return __atomic_fetch_or(&v->counter, i, __ATOMIC_ACQUIRE); }	\
static inline vtype name##_fetch_or_release(vtype i, atype *v)	\
{ return __atomic_fetch_or(&v->counter, i, __ATOMIC_RELEASE); }	\
static inline void name##_and(vtype i, atype *v)	\
{ __atomic_fetch_and(&v->counter, i, __ATOMIC_RELAXED); }	\
static inline vtype name##_fetch_and(vtype i, atype *v)	\
{ return __atomic_fetch_and(&v->counter, i, __ATOMIC_SEQ_CST); }	\
static inline vtype name##_fetch_and_relaxed(vtype i, atype *v)	\
{ return __atomic_fetch_and(&v->counter, i, __ATOMIC_RELAXED); }	\
static inline vtype name##_fetch_and_acquire(vtype i, atype *v)	\
{ return __atomic_fetch_and(&v->counter, i, __ATOMIC_ACQUIRE); }	\
static inline vtype name##_fetch_and_release(vtype i, atype *v)	\
{ return __atomic_fetch_and(&v->counter, i, __ATOMIC_RELEASE); }	\
static inline vtype name##_add_return(vtype i, atype *v)	\
{ return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST); }	\
static inline vtype name##_add_return_relaxed(vtype i, atype *v)	\
{ return __atomic_add_fetch(&v->counter, i, __ATOMIC_RELAXED); }	\
static inline vtype name##_sub_return(vtype i, atype *v)	\
{ return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST); }	\
static inline vtype name##_sub_return_relaxed(vtype i, atype *v)	\
{ return __atomic_sub_fetch(&v->counter, i, __ATOMIC_RELAXED); }	\
static inline void name##_inc(atype *v)	\
{ __atomic_fetch_add(&v->counter, 1, __ATOMIC_RELAXED); }	\
static inline vtype name##_inc_return(atype *v)	\
{ return __atomic_add_fetch(&v->counter, 1, __ATOMIC_SEQ_CST); }	\
static inline vtype name##_fetch_inc(atype *v)	\
{ return __atomic_fetch_add(&v->counter, 1, __ATOMIC_SEQ_CST); }	\
static inline bool name##_inc_and_test(atype *v)	\
{ return !__atomic_add_fetch(&v->counter, 1, __ATOMIC_SEQ_CST); }	\
static inline void name##_dec(atype *v)	\
{ __atomic_fetch_sub(&v->counter, 1, __ATOMIC_RELAXED); }	\
static inline vtype name##_dec_return(atype *v)	\
{ return __atomic_sub_fetch(&v->counter, 1, __ATOMIC_SEQ_CST); }	\
static inline vtype name##_fetch_dec(atype *v)	\
{ return __atomic_fetch_sub(&v->counter, 1, __ATOMIC_SEQ_CST); }	\
static inline bool name##_dec_and_test(atype *v)	\
{ return !__atomic_sub_fetch(&v->counter, 1, __ATOMIC_SEQ_CST); }	\
static inline bool name##_sub_and_test(vtype i, atype *v)	\
{ return !__atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST); }	\
static inline vtype name##_xchg(atype *v, vtype i)	\
{ return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST); }	\
static inline vtype name##_cmpxchg(atype *v, vtype old, vtype i)	\
{									\
	__atomic_compare_exchange_n(&v->counter,			\
				    (__typeof__(v->counter) *)&old, i, false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED); \
	return old;							\
}									\
static inline bool name##_try_cmpxchg(atype *v, vtype *old, vtype i)	\
{									\
	return __atomic_compare_exchange_n(&v->counter,		\
					   (__typeof__(v->counter) *)old, i, false, \
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED); \
}									\
static inline vtype name##_fetch_add_unless(atype *v, vtype a, vtype u)	\
{ vtype c = name##_read(v); while (c != u && !name##_try_cmpxchg(v, &c, c + a)) ; return c; }	\
static inline bool name##_add_unless(atype *v, vtype a, vtype u)	\
{ return name##_fetch_add_unless(v, a, u) != u; }	\
static inline bool name##_inc_not_zero(atype *v)	\
{ return name##_add_unless(v, 1, 0); }	\
static inline vtype name##_dec_if_positive(atype *v)	\
{ vtype c = name##_read(v); while (c > 0 && !name##_try_cmpxchg(v, &c, c - 1)) ; return c - 1; }

SHIM_ATOMIC(atomic, atomic_t, int)
SHIM_ATOMIC(atomic64, atomic64_t, s64)
SHIM_ATOMIC(atomic_long, atomic64_t, long)

#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define xchg_relaxed(p, v)	__atomic_exchange_n(p, v, __ATOMIC_RELAXED)
#define try_cmpxchg(p, old, new) \
	__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)
#define cmpxchg(p, old, new) ({						\
	__typeof__(*(p)) _old = (old);					\
	try_cmpxchg(p, &_old, new);					\
	_old; })
#define cmpxchg_relaxed(p, old, new) cmpxchg(p, old, new)

#endif /* _SHIM_LINUX_ATOMIC_H */
