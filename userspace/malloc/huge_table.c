// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The table of huge blocks: open addressing with linear probes, at most half
 * full, so that a look-up ends after a step or two.  What is taken out leaves
 * no tombstone: later entries of the stretch move up.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "huge_table.h"
#include "malloc_internal.h"

#define TABLE_MIN	64UL

static DEFINE_SPINLOCK(table_lock);	/* all below */
static struct huge_block table_first[TABLE_MIN];
static struct huge_block *table = table_first;
static size_t table_slots = TABLE_MIN;
static size_t table_count;

static size_t slot_of(unsigned long addr)
{
	return (addr >> PAGE_SHIFT) * 0x9e3779b97f4a7c15UL >> 20 & (table_slots - 1);
}

/* Where @addr is, or the free slot where it would go. */
static struct huge_block *slot_find(unsigned long addr)
{
	size_t i = slot_of(addr);

	while (table[i].addr && table[i].addr != addr)
		i = (i + 1) & (table_slots - 1);
	return &table[i];
}

/* Twice the slots, if there is memory; the one system call under the lock. */
static bool table_double(void)
{
	struct huge_block *old = table, *new;
	size_t i, slots = table_slots;

	new = huge_map(2 * slots * sizeof(*new));
	if (!new)
		return false;
	table = new;
	table_slots = 2 * slots;
	for (i = 0; i < slots; i++)
		if (old[i].addr)
			*slot_find(old[i].addr) = old[i];
	if (old != table_first)
		munmap(old, slots * sizeof(*old));
	return true;
}

bool huge_table_add(struct huge_block block)
{
	bool ok;

	spin_lock(&table_lock);
	ok = 2 * (table_count + 1) <= table_slots || table_double();
	if (ok) {
		*slot_find(block.addr) = block;
		table_count++;
	}
	spin_unlock(&table_lock);
	return ok;
}

/* Moves later entries of the stretch into the gap at @hole. */
static void table_close(size_t hole)
{
	size_t mask = table_slots - 1, i = hole, home;

	for (;;) {
		i = (i + 1) & mask;
		if (!table[i].addr)
			break;
		home = slot_of(table[i].addr);
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		table[hole] = table[i];
		hole = i;
	}
	table[hole].addr = 0;
}

/* No lock for the many pointers that can't be a block's. */
static bool may_be_block(unsigned long addr)
{
	return addr && IS_ALIGNED(addr, PAGE_SIZE) && READ_ONCE(table_count);
}

struct huge_block huge_table_get(unsigned long addr)
{
	struct huge_block b = { 0 };

	if (!may_be_block(addr))
		return b;
	spin_lock(&table_lock);
	b = *slot_find(addr);
	spin_unlock(&table_lock);
	return b;
}

bool huge_table_grow(unsigned long addr, size_t size)
{
	struct huge_block *b;
	bool ok;

	spin_lock(&table_lock);
	b = slot_find(addr);
	ok = b->addr && size >= b->size && size <= b->room;
	if (ok)
		b->size = size;
	spin_unlock(&table_lock);
	return ok;
}

struct huge_block huge_table_take(unsigned long addr)
{
	struct huge_block b = { 0 }, *slot;

	if (!may_be_block(addr))
		return b;
	spin_lock(&table_lock);
	slot = slot_find(addr);
	b = *slot;
	if (b.addr) {
		table_count--;
		table_close(slot - table);
	}
	spin_unlock(&table_lock);
	return b;
}
