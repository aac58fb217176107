// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Huge blocks: a mapping each, known by its address in a table.
 *
 * The table is open addressing with linear probes, at most half full, so that
 * a look-up ends after a step or two; removal moves later entries of the
 * stretch up, so that there are no tombstones.  The lock is never held over a
 * system call but the one that doubles the table.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "malloc_internal.h"

#define HUGE_TABLE_MIN	64UL

/* A block starts where its mapping does. */
struct huge_block {
	unsigned long addr;	/* 0: no block */
	size_t size;		/* whole pages */
};

static DEFINE_SPINLOCK(huge_lock);	/* the table */
static struct huge_block huge_first[HUGE_TABLE_MIN];
static struct huge_block *huge_table = huge_first;
static size_t huge_slots = HUGE_TABLE_MIN;
static size_t huge_count;

static size_t slot_of(unsigned long addr)
{
	return (addr >> PAGE_SHIFT) * 0x9e3779b97f4a7c15UL >> 20 & (huge_slots - 1);
}

/* Where @addr is, or the free slot where it would go. */
static struct huge_block *table_find(unsigned long addr)
{
	size_t i = slot_of(addr);

	while (huge_table[i].addr && huge_table[i].addr != addr)
		i = (i + 1) & (huge_slots - 1);
	return &huge_table[i];
}

static void *map_pages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Twice the slots, if there is memory. */
static bool table_grow(void)
{
	struct huge_block *old = huge_table, *new;
	size_t i, slots = huge_slots;

	new = map_pages(2 * slots * sizeof(*new));
	if (!new)
		return false;
	huge_table = new;
	huge_slots = 2 * slots;
	for (i = 0; i < slots; i++)
		if (old[i].addr)
			*table_find(old[i].addr) = old[i];
	if (old != huge_first)
		munmap(old, slots * sizeof(*old));
	return true;
}

static bool block_add(unsigned long addr, size_t size)
{
	bool ok = true;

	spin_lock(&huge_lock);
	if (2 * (huge_count + 1) > huge_slots)
		ok = table_grow();
	if (ok) {
		*table_find(addr) = (struct huge_block){ addr, size };
		huge_count++;
	}
	spin_unlock(&huge_lock);
	return ok;
}

/* Closes the gap at @hole with entries that probed past it. */
static void table_close(size_t hole)
{
	size_t mask = huge_slots - 1, i = hole;

	for (;;) {
		size_t home;

		i = (i + 1) & mask;
		if (!huge_table[i].addr)
			break;
		home = slot_of(huge_table[i].addr);
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		huge_table[hole] = huge_table[i];
		hole = i;
	}
	huge_table[hole].addr = 0;
}

/* Takes a block out of the table; returns its size, 0 if there is none. */
static size_t block_remove(unsigned long addr)
{
	struct huge_block *b;
	size_t size = 0;

	spin_lock(&huge_lock);
	b = table_find(addr);
	if (addr && b->addr == addr) {
		size = b->size;
		huge_count--;
		table_close(b - huge_table);
	}
	spin_unlock(&huge_lock);
	return size;
}

size_t huge_usable(const void *p)
{
	struct huge_block *b;
	size_t size = 0;

	if (!IS_ALIGNED((unsigned long)p, PAGE_SIZE))
		return 0;
	spin_lock(&huge_lock);
	b = table_find((unsigned long)p);
	if (b->addr)
		size = b->size;
	spin_unlock(&huge_lock);
	return size;
}

/* @size whole pages, aligned; what had to be mapped beside them goes back. */
static unsigned long map_aligned(size_t align, size_t size)
{
	size_t slack = align > PAGE_SIZE ? align - PAGE_SIZE : 0;
	unsigned long start, addr;

	if (size + slack < size)
		return 0;
	start = (unsigned long)map_pages(size + slack);
	if (!start || !slack)
		return start;
	addr = ALIGN(start, align);
	if (addr > start)
		munmap((void *)start, addr - start);
	if (start + slack > addr)
		munmap((void *)(addr + size), start + slack - addr);
	return addr;
}

/* Zeroed, aligned to @align and to pages; NULL if there is no memory. */
void *huge_alloc(size_t align, size_t size)
{
	unsigned long addr;

	if (size > PTRDIFF_MAX - PAGE_SIZE)
		return NULL;
	size = PAGE_ALIGN(max(size, (size_t)1));
	addr = map_aligned(align, size);
	if (!addr)
		return NULL;
	if (!block_add(addr, size)) {
		munmap((void *)addr, size);
		return NULL;
	}
	return (void *)addr;
}

/* Whether @p was a huge block; it is gone then. */
bool huge_free(void *p)
{
	size_t size = block_remove((unsigned long)p);

	if (size)
		munmap(p, size);
	return size != 0;
}

/* @p as a block of @size bytes, perhaps moved: the pages move, not the bytes. */
void *huge_realloc(void *p, size_t size)
{
	size_t old;
	void *new;

	if (size > PTRDIFF_MAX - PAGE_SIZE)
		return NULL;
	size = PAGE_ALIGN(size);
	/* Out of the table first: the old address may be another's at once. */
	old = block_remove((unsigned long)p);
	if (!old)
		return NULL;
	new = mremap(p, old, size, MREMAP_MAYMOVE);
	if (new == MAP_FAILED) {
		block_add((unsigned long)p, old);
		return NULL;
	}
	/* The slot that came free above is still there, or another was made. */
	block_add((unsigned long)new, size);
	return new;
}
