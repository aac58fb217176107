/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A replay's parts: replay.c has the stream and the answer, replay_target.c
 * the caches, replay_run.c the events.
 */
#ifndef _ZMEM_REPLAY_RUN_H
#define _ZMEM_REPLAY_RUN_H

#include <linux/types.h>
#include <zmem/zmem.h>
#include "core/stream.h"

/**
 * struct replay_own - a cache of the replay's own
 * @zmem: a cache of zmem's, or
 * @kmem: one of the kernel's, or neither: page runs
 * @object_size: bytes
 * @allocs: so many are in the events
 * @live: so many of them are left in the end
 * @requested: bytes of them
 * @allocated: likewise; page runs only
 * @name: of the cache
 */
struct replay_own {
	struct zmem_cache *zmem;
	struct kmem_cache *kmem;
	u32 object_size;
	u64 allocs;
	u64 live;
	u64 requested;
	u64 allocated;
	char name[ZMEM_NAME_MAX];
};

/**
 * struct replay_cache - where a cache's events go
 * @zmem: to this, or
 * @kmem: to this, or
 * @classes: by size, to the replay's own size classes, or, all unset, by
 *	size to everybody's
 * @own: which of the replay's own that is, or NULL
 */
struct replay_cache {
	struct zmem_cache *zmem;
	struct kmem_cache *kmem;
	bool classes;
	struct replay_own *own;
};

/* What is everybody's, before and after. */
struct replay_shared {
	u64 large_allocs;
	u64 large_fresh;
	u64 large_allocated;
	u64 large_held;
	u64 meta_slack;
};

/**
 * struct replay - a replay
 * @budget: what the replay comes to is charged to
 * @charge: that
 * @stream: the stream, which starts at @buffer
 * @buffer: its bytes
 * @objects: by id; NULL: not live
 * @caches: by the stream's index
 * @own: caches of the replay's own; the last is for page runs
 * @nr_own: of them
 * @class: by size class, an own cache, or NULL
 * @before: what was there when it began
 * @stop_at: events to replay
 * @done: of them in the last pass
 * @allocs: among them
 * @frees: among them
 * @failures: of allocations, in the last pass
 * @target: ZMEM_REPLAY_NULL, _ZMEM, _KMEM
 * @flags: ZMEM_REPLAY_*
 * @cpus: that events ran on
 */
struct replay {
	struct zmem_budget *budget;
	u64 charge;
	struct zmem_stream stream;
	void *buffer;
	void **objects;
	struct replay_cache *caches;
	struct replay_own *own;
	u32 nr_own;
	struct replay_own *class[ZMEM_SIZE_CLASSES];
	struct replay_shared before;
	u64 stop_at;
	u64 done;
	u64 allocs;
	u64 frees;
	u64 failures;
	u32 target;
	u32 flags;
	u32 cpus;
};

/* replay_target.c */
int zmem_replay_caches_create(struct replay *r);
void zmem_replay_caches_destroy(struct replay *r);
void zmem_replay_account(struct replay *r);
void zmem_replay_totals(struct replay *r, struct zmem_replay *out);
void zmem_replay_cache_totals(const struct replay *r, u32 n,
			      struct zmem_replay_cache *out);

/* replay_run.c */
int zmem_replay_pass(struct replay *r);
void zmem_replay_drain(struct replay *r);

static inline u32 replay_cache_index(const struct zmem_stream_event *e)
{
	return __le16_to_cpu(e->cache);
}

static inline u32 replay_object(const struct zmem_stream_event *e)
{
	return __le32_to_cpu(e->object);
}

static inline u32 replay_size(const struct zmem_stream_event *e)
{
	return __le32_to_cpu(e->size);
}

static inline bool replay_is_free(const struct zmem_stream_event *e)
{
	return (e->kind & ZMEM_STREAM_KIND) == ZMEM_STREAM_FREE;
}

#endif /* _ZMEM_REPLAY_RUN_H */
