/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Debug caches: what is done to an object as it comes and goes.
 *
 *	debug.c		their parts; allocation and free
 *	damage.c	looking at bytes that nobody should have written
 *	validate.c	all of a cache's objects and books
 *	quarantine.c	freed objects wait
 *	sites.c		live objects by who allocated them; leaks
 *	debug_flags.c	which caches are debug caches
 */
#ifndef _ZMEM_CORE_DEBUG_H
#define _ZMEM_CORE_DEBUG_H

#include "internal.h"
#include "core/quarantine.h"
#include "core/report.h"

struct zmem_slab;

/* What an object's record says of it.  Free means: not a caller's. */
enum zmem_record_state { ZMEM_RECORD_FREE, ZMEM_RECORD_LIVE, ZMEM_RECORD_QUARANTINED };

/**
 * struct zmem_event - who did something to an object
 * @when: by ktime_get_mono_fast_ns(); 0: nobody did
 * @stack: of the stack depot, or 0
 * @pid: the task's
 * @cpu: where
 */
struct zmem_event {
	u64 when;
	u32 stack;
	int pid;
	int cpu;
};

/**
 * struct zmem_record - what a debug cache knows of an object
 * @allocated: last
 * @freed: last
 * @requested: bytes, while it is live
 * @state: enum zmem_record_state
 *
 * Kept behind the slab's descriptor, where no write past an object gets at it.
 * The node's slab lock protects it, and the object's bytes as well while they
 * are nobody else's.
 */
struct zmem_record {
	struct zmem_event allocated;
	struct zmem_event freed;
	u32 requested;
	u32 state;
};

/**
 * struct zmem_debug - what a debug cache has besides others
 * @inexact: the size of some live object is only known as its class
 * @requested: bytes of live objects
 * @quarantine: freed objects
 */
struct zmem_debug {
	bool inexact;
	atomic_long_t requested;
	struct zmem_quarantine quarantine;
};

unsigned int zmem_debug_flags_of(const char *name);
int zmem_debug_pattern_set(const char *text);
const char *zmem_debug_pattern(void);

int zmem_debug_init(struct zmem_common *cache);
void zmem_debug_exit(struct zmem_common *cache);

size_t zmem_debug_record_bytes(unsigned int nr);
struct zmem_record *zmem_debug_record(struct zmem_slab *slab, unsigned int index);
size_t zmem_debug_requested(const struct zmem_common *cache, const void *object);
void zmem_debug_describe(const void *object);

void zmem_debug_slab_init(struct zmem_slab *slab);
void zmem_debug_slab_check(struct zmem_slab *slab);

void zmem_debug_alloc(struct zmem_common *cache, void *object, size_t size, gfp_t gfp);
void zmem_debug_free(struct zmem_common *cache, void *object);
void zmem_debug_release(struct zmem_common *cache, void *object);

#endif /* _ZMEM_CORE_DEBUG_H */
