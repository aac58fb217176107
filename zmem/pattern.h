/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What objects are filled with, to see later that nobody else wrote to them.
 *
 * The bytes depend on the object's address and on a number that its owner
 * picks: of two objects that overlap, or of one that was handed out twice, at
 * most one still has its pattern.
 */
#ifndef _ZMEM_PATTERN_H
#define _ZMEM_PATTERN_H

#include <linux/string.h>
#include <linux/types.h>

/* 2^64 divided by the golden ratio: neighbours differ in many bits. */
#define ZMEM_PATTERN_STEP	0x9e3779b97f4a7c15ULL

static inline u64 zmem_pattern_first(const void *object, u64 number)
{
	return ((u64)(unsigned long)object ^ number) * ZMEM_PATTERN_STEP;
}

static inline void zmem_pattern_fill(void *object, size_t size, u64 number)
{
	u64 word = zmem_pattern_first(object, number);
	u64 *p = object;

	for (; size >= sizeof(*p); size -= sizeof(*p)) {
		*p++ = word;
		word += ZMEM_PATTERN_STEP;
	}
	memcpy(p, &word, size);
}

static inline bool zmem_pattern_check(const void *object, size_t size,
				      u64 number)
{
	u64 word = zmem_pattern_first(object, number), differ = 0;
	const u64 *p = object;

	for (; size >= sizeof(*p); size -= sizeof(*p)) {
		differ |= *p++ ^ word;
		word += ZMEM_PATTERN_STEP;
	}
	return !differ && !memcmp(p, &word, size);
}

#endif /* _ZMEM_PATTERN_H */
