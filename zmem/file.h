/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* An open file of /dev/zmem: its caches, its budget. */
#ifndef _ZMEM_FILE_H
#define _ZMEM_FILE_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct zmem_budget;
struct zmem_cache;
struct zmem_ioc_cache;
struct zmem_ioc_info;
struct zmem_ioc_target;
struct zmem_ioc_validate;
struct zmem_snapshot;

/**
 * struct zmem_file - an open file
 * @lock: all fields below, and what they lead to
 * @caches: struct zmem_file_cache, by id
 * @objects: struct zmem_object, by the lower half of its handle
 * @nr_caches: entries
 * @nr_objects: entries
 * @budget: of what is held; has its own lock
 */
struct zmem_file {
	struct mutex lock;	/* outermost */
	struct xarray caches;
	struct xarray objects;
	u32 nr_caches;
	u64 nr_objects;
	struct zmem_budget *budget;
};

/**
 * struct zmem_file_cache - a cache of a file
 * @cache: the cache
 * @users: objects and workloads in it
 */
struct zmem_file_cache {
	struct zmem_cache *cache;
	unsigned long users;
};

struct zmem_file *zmem_file_create(void);
void zmem_file_destroy(struct zmem_file *file);
int zmem_file_lock(struct zmem_file *file);
void zmem_file_unlock(struct zmem_file *file);

/* With the lock held. */
struct zmem_file_cache *zmem_file_cache(struct zmem_file *file, u32 id);

/* Without. */
long zmem_file_info(struct zmem_file *file, struct zmem_ioc_info *arg);
long zmem_file_cache_create(struct zmem_file *file, struct zmem_ioc_cache *arg);
long zmem_file_cache_destroy(struct zmem_file *file,
			     struct zmem_ioc_target *arg);
long zmem_file_cache_shrink(struct zmem_file *file,
			    struct zmem_ioc_target *arg);
long zmem_file_cache_validate(struct zmem_file *file,
			      struct zmem_ioc_validate *arg);
int zmem_file_snapshot(struct zmem_file *file, u32 id,
		       struct zmem_snapshot *snap);

#endif /* _ZMEM_FILE_H */
