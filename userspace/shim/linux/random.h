/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_RANDOM_H
#define _SHIM_LINUX_RANDOM_H

#include <linux/types.h>

u64 get_random_u64(void);
#define get_random_u32()	((u32)get_random_u64())
#define get_random_u16()	((u16)get_random_u64())
#define get_random_u8()		((u8)get_random_u64())
#define get_random_long()	((unsigned long)get_random_u64())
#define get_random_u32_below(n)	((u32)(get_random_u64() % (n)))
#define get_random_u32_inclusive(lo, hi)	\
	((lo) + get_random_u32_below((hi) - (lo) + 1))

/* The kernel's taus113, as a xorshift: seeded, repeatable. */
struct rnd_state {
	u64 x;
};

static inline void prandom_seed_state(struct rnd_state *s, u64 seed)
{
	s->x = seed * 0x9e3779b97f4a7c15ULL | 1;
}

static inline u32 prandom_u32_state(struct rnd_state *s)
{
	s->x ^= s->x << 13;
	s->x ^= s->x >> 7;
	s->x ^= s->x << 17;
	return s->x >> 16;
}

#endif /* _SHIM_LINUX_RANDOM_H */
