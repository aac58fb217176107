/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_HASH_H
#define _SHIM_LINUX_HASH_H

#include <linux/types.h>

#define GOLDEN_RATIO_32	0x61C88647u
#define GOLDEN_RATIO_64	0x61C8864680B583EBull

static inline u32 hash_32(u32 v, unsigned int bits)
{
	return v * GOLDEN_RATIO_32 >> (32 - bits);
}

static inline u32 hash_64(u64 v, unsigned int bits)
{
	return v * GOLDEN_RATIO_64 >> (64 - bits);
}

#define hash_long(v, bits)	hash_64(v, bits)
#define hash_ptr(p, bits)	hash_64((unsigned long)(p), bits)

#endif /* _SHIM_LINUX_HASH_H */
