/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the API fuzzer knows of the allocator: every live object's address,
 * size and bytes, every cache's settings, and how much misuse it provoked.
 *
 * A difference between this and what the allocator does ends the process.
 */
#ifndef FUZZ_MODEL_H
#define FUZZ_MODEL_H

#include <linux/bug.h>
#include <linux/slab.h>

#include "internal.h"

#define FUZZ_OBJECTS	512
#define FUZZ_CACHES	4
#define FUZZ_CTOR_BYTE	0xc7

/* Ends the process, with a message, where the allocator broke a promise. */
#define fuzz_check(cond, ...) do {						\
	if (!(cond))								\
		shim_bug(__FILE__, __LINE__, __VA_ARGS__);			\
} while (0)

/**
 * struct fuzz_cache - an object cache
 * @cache: it, or NULL
 * @size: bytes of an object
 * @align: of objects
 * @ctor: whether it has a constructor
 * @closed: whether every call reaches the slab
 * @safe: type-safe: what is freed may be looked at
 * @reserve: objects set aside; calls that would wait for one are not made
 * @limit: of live objects, or 0
 * @prefill: a prefill of it, or NULL
 * @prefilled: objects in there
 * @live: objects
 * @scattered: another CPU frees objects, too: who waits for readers
 */
struct fuzz_cache {
	struct zmem_cache *cache;
	unsigned int size;
	unsigned int align;
	bool ctor;
	bool closed;
	bool safe;
	unsigned int reserve;
	unsigned int limit;
	struct zmem_prefill *prefill;
	unsigned int prefilled;
	unsigned long live;
	bool scattered;
};

/**
 * struct fuzz_object - a live object
 * @p: address, or NULL
 * @size: bytes asked for
 * @byte: all bytes that it holds
 * @zeroed: whether all calls for it asked for zero bytes
 * @owner: the cache, or NULL for what was allocated by size
 */
struct fuzz_object {
	u8 *p;
	size_t size;
	u8 byte;
	bool zeroed;
	struct fuzz_cache *owner;
};

extern struct fuzz_object fuzz_objects[FUZZ_OBJECTS];
extern struct fuzz_cache fuzz_caches[FUZZ_CACHES];
extern unsigned long fuzz_misuse;	/* reports that are due by now */
extern bool fuzz_may_fail;		/* memory was made short */

void fuzz_model_start(void);
void fuzz_model_end(void);

struct fuzz_object *fuzz_find(u8 hint, const struct fuzz_cache *owner, bool live);
void fuzz_object_add(struct fuzz_object *o, void *p, size_t size,
		     struct fuzz_cache *owner, gfp_t gfp);
void fuzz_object_check(const struct fuzz_object *o);
void *fuzz_object_take(struct fuzz_object *o);
void fuzz_object_fill(struct fuzz_object *o, size_t size);
void fuzz_freed(const void *p, size_t size);
void fuzz_unpoison_live(void);

unsigned long fuzz_errors(void);
unsigned long fuzz_in_use(struct zmem_cache *cache);

bool fuzz_all_bytes(const u8 *p, u8 byte, size_t size);

#endif /* FUZZ_MODEL_H */
