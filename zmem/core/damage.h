/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Bytes of an object, and around it, that nobody should have written. */
#ifndef _ZMEM_CORE_DAMAGE_H
#define _ZMEM_CORE_DAMAGE_H

#include "internal.h"
#include "core/report.h"

struct zmem_record;
struct zmem_slab;

/* Of the bytes in question, this many are kept to be shown. */
#define ZMEM_DAMAGE_BYTES	64

/* Bytes before an object that guard it, and those behind, at least. */
#define ZMEM_RED_LEFT		16u
#define ZMEM_RED_RIGHT		16u

/**
 * struct zmem_damage - the first that was found
 * @kind: of misuse; ZMEM_NO_MISUSE: none was found
 * @count: how many were found
 * @object: the object
 * @at: offset in it of the first bad byte
 * @length: from there to the last bad one
 * @expected: what all of them should be
 * @bytes: the first of them, as they were
 *
 * Filled under a lock, and told once it is given back.
 */
struct zmem_damage {
	enum zmem_misuse kind;
	unsigned int count;
	void *object;
	int at;
	unsigned int length;
	u8 expected;
	u8 bytes[ZMEM_DAMAGE_BYTES];
};

void zmem_damage_add(struct zmem_damage *damage, enum zmem_misuse kind, void *object);
void zmem_damage_tell(struct zmem_common *cache, const struct zmem_damage *damage);

void zmem_object_init(const struct zmem_common *cache, void *object);
void zmem_object_red(const struct zmem_common *cache, void *object, size_t bytes);
void zmem_object_clear(const struct zmem_common *cache, void *object);
void zmem_object_check(const struct zmem_common *cache, void *object,
		       const struct zmem_record *record, struct zmem_damage *damage,
		       bool repair);

#endif /* _ZMEM_CORE_DAMAGE_H */
