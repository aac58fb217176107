/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_BITMAP_H
#define _SHIM_LINUX_BITMAP_H

#include <string.h>
#include <linux/bitops.h>
#include <linux/slab.h>

#define DECLARE_BITMAP(name, bits)	unsigned long name[BITS_TO_LONGS(bits)]
#define BITMAP_LAST_WORD_MASK(n)	(~0UL >> (-(n) & (BITS_PER_LONG - 1)))
#define BITMAP_FIRST_WORD_MASK(n)	(~0UL << ((n) & (BITS_PER_LONG - 1)))
#define bitmap_size(nbits)		(BITS_TO_LONGS(nbits) * sizeof(long))

/* The first bit at or after @start that @flip makes 1; @size if none. */
static inline unsigned long shim_find_bit(const unsigned long *addr, unsigned long size,
					  unsigned long start, unsigned long flip)
{
	unsigned long word;

	if (start >= size)
		return size;
	word = (READ_ONCE(addr[BIT_WORD(start)]) ^ flip) & BITMAP_FIRST_WORD_MASK(start);
	for (start = BIT_WORD(start); !word; word = READ_ONCE(addr[start]) ^ flip)
		if (++start * BITS_PER_LONG >= size)
			return size;
	start = start * BITS_PER_LONG + __ffs(word);
	return start < size ? start : size;
}

#define find_next_bit(addr, size, start)	shim_find_bit(addr, size, start, 0)
#define find_next_zero_bit(addr, size, start)	shim_find_bit(addr, size, start, ~0UL)
#define find_first_bit(addr, size)		find_next_bit(addr, size, 0)
#define find_first_zero_bit(addr, size)		find_next_zero_bit(addr, size, 0)
#define for_each_set_bit(bit, addr, size)				\
	for ((bit) = find_first_bit(addr, size); (bit) < (size);	\
	     (bit) = find_next_bit(addr, size, (bit) + 1))
#define for_each_clear_bit(bit, addr, size)				\
	for ((bit) = find_first_zero_bit(addr, size); (bit) < (size);	\
	     (bit) = find_next_zero_bit(addr, size, (bit) + 1))

static inline unsigned long find_last_bit(const unsigned long *addr, unsigned long size)
{
	unsigned long i;

	for (i = size; i; i--)
		if (test_bit(i - 1, addr))
			return i - 1;
	return size;
}

static inline void bitmap_zero(unsigned long *dst, unsigned int nbits)
{
	memset(dst, 0, bitmap_size(nbits));
}

static inline void bitmap_fill(unsigned long *dst, unsigned int nbits)
{
	memset(dst, 0xff, bitmap_size(nbits));
}

static inline void bitmap_copy(unsigned long *dst, const unsigned long *src,
			       unsigned int nbits)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = READ_ONCE(src[i]);
}

static inline void bitmap_set(unsigned long *map, unsigned int start, unsigned int nbits)
{
	while (nbits--)
		__set_bit(start++, map);
}

static inline void bitmap_clear(unsigned long *map, unsigned int start, unsigned int nbits)
{
	while (nbits--)
		__clear_bit(start++, map);
}

static inline bool bitmap_empty(const unsigned long *map, unsigned int nbits)
{
	return find_first_bit(map, nbits) == nbits;
}

static inline bool bitmap_full(const unsigned long *map, unsigned int nbits)
{
	return find_first_zero_bit(map, nbits) == nbits;
}

static inline unsigned int bitmap_weight(const unsigned long *map, unsigned int nbits)
{
	unsigned int i, w = 0;

	for (i = 0; i < nbits / BITS_PER_LONG; i++)
		w += hweight_long(READ_ONCE(map[i]));
	if (nbits % BITS_PER_LONG)
		w += hweight_long(READ_ONCE(map[i]) & BITMAP_LAST_WORD_MASK(nbits));
	return w;
}

/* @nr clear bits in a row, the first at a multiple of @align_mask + 1. */
static inline unsigned long
bitmap_find_next_zero_area(unsigned long *map, unsigned long size, unsigned long start,
			   unsigned int nr, unsigned long align_mask)
{
	for (;;) {
		unsigned long end, bit;

		start = (find_next_zero_bit(map, size, start) + align_mask) & ~align_mask;
		end = start + nr;
		if (end > size)
			return end;
		bit = find_next_bit(map, end, start);
		if (bit >= end)
			return start;
		start = bit + 1;
	}
}

static inline unsigned long *bitmap_alloc(unsigned int nbits, gfp_t gfp)
{
	return kmalloc(bitmap_size(nbits), gfp);
}

static inline unsigned long *bitmap_zalloc(unsigned int nbits, gfp_t gfp)
{
	return kzalloc(bitmap_size(nbits), gfp);
}

static inline void bitmap_free(const unsigned long *map)
{
	kfree(map);
}

#endif /* _SHIM_LINUX_BITMAP_H */
