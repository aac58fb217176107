// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * An open file of /dev/zmem.
 *
 * Caches have ids that count up over all files: another file's id, or that of
 * a cache that is gone, is never found.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/zmem.h>
#include <zmem/zmem.h>
#include "internal.h"
#include "core/stats.h"
#include "budget.h"
#include "file.h"
#include "handles.h"

/* What a process may ask for: it has no RCU readers to be type-safe for. */
#define ZMEM_FILE_FLAGS	(ZMEM_ARGS_FLAGS & ~ZMEM_TYPESAFE_BY_RCU)

static atomic_t last_id = ATOMIC_INIT(0);

/**
 * zmem_file_create() - make what stands behind an open file
 *
 * Context: may sleep.
 * Return: the file, or NULL.
 */
struct zmem_file *zmem_file_create(void)
{
	struct zmem_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return NULL;
	file->budget = zmem_budget_create();
	if (!file->budget) {
		kfree(file);
		return NULL;
	}

	mutex_init(&file->lock);
	xa_init(&file->caches);
	xa_init_flags(&file->objects, XA_FLAGS_ALLOC);
	return file;
}

/**
 * zmem_file_destroy() - release all that a file has
 * @file: nobody else uses it
 *
 * Context: may sleep.
 */
void zmem_file_destroy(struct zmem_file *file)
{
	struct zmem_file_cache *entry;
	unsigned long id;

	zmem_objects_release(file);
	xa_for_each(&file->caches, id, entry) {
		zmem_cache_destroy(entry->cache);
		kfree(entry);
	}
	xa_destroy(&file->caches);
	mutex_destroy(&file->lock);
	zmem_budget_put(file->budget);
	kfree(file);
}

/**
 * zmem_file_lock() - take a file's lock
 * @file: file
 *
 * Return: 0, or -EINTR: a signal came first.
 */
int zmem_file_lock(struct zmem_file *file)
{
	return mutex_lock_interruptible(&file->lock);
}

/**
 * zmem_file_unlock() - give a file's lock back
 * @file: file
 */
void zmem_file_unlock(struct zmem_file *file)
{
	mutex_unlock(&file->lock);
}

/**
 * zmem_file_info() - ZMEM_IOC_INFO
 * @file: file
 * @arg: filled
 *
 * Return: 0 or a negative error.
 */
long zmem_file_info(struct zmem_file *file, struct zmem_ioc_info *arg)
{
	int err;

	if (arg->reserved)
		return -EINVAL;

	err = zmem_file_lock(file);
	if (err)
		return err;
	arg->abi = ZMEM_IOC_ABI;
	arg->object_max = ZMEM_OBJECT_MAX;
	arg->alloc_max = ZMEM_ALLOC_MAX;
	arg->budget = zmem_budget_limit(file->budget);
	arg->used = zmem_budget_used(file->budget);
	arg->objects = file->nr_objects;
	arg->caches = file->nr_caches;
	zmem_file_unlock(file);
	return 0;
}

/**
 * zmem_file_cache() - find a cache
 * @file: locked
 * @id: its id
 *
 * Return: the cache, or ERR_PTR(-ENOENT).
 */
struct zmem_file_cache *zmem_file_cache(struct zmem_file *file, u32 id)
{
	return xa_load(&file->caches, id) ?: ERR_PTR(-ENOENT);
}

static struct zmem_cache *create_cache(const struct zmem_ioc_cache *arg)
{
	struct zmem_cache_args args = {
		.align = arg->align,
		.flags = arg->flags,
		.mode = arg->mode,
		.magazine_max = arg->magazine_max,
		.depot_max_kib = arg->depot_max_kib,
		.tune_interval_ms = arg->tune_interval_ms,
		.debug_flags = arg->debug_flags,
	};

	BUILD_BUG_ON(ZMEM_IOC_NAME_MAX != ZMEM_NAME_MAX);
	BUILD_BUG_ON(ZMEM_IOC_MODE_FAST != (int)ZMEM_MODE_FAST);
	BUILD_BUG_ON(ZMEM_IOC_MODE_BALANCED != (int)ZMEM_MODE_BALANCED);
	BUILD_BUG_ON(ZMEM_IOC_MODE_DEBUG != (int)ZMEM_MODE_DEBUG);
	BUILD_BUG_ON(ZMEM_IOC_HWCACHE_ALIGN != ZMEM_HWCACHE_ALIGN);
	BUILD_BUG_ON(ZMEM_IOC_CACHE_DMA != ZMEM_CACHE_DMA);
	BUILD_BUG_ON(ZMEM_IOC_CACHE_DMA32 != ZMEM_CACHE_DMA32);
	BUILD_BUG_ON(ZMEM_IOC_DEBUG_RED_ZONE != ZMEM_DEBUG_RED_ZONE);
	BUILD_BUG_ON(ZMEM_IOC_DEBUG_RANDOM != ZMEM_DEBUG_RANDOM);

	if (strnlen(arg->name, sizeof(arg->name)) == sizeof(arg->name) ||
	    arg->flags & ~ZMEM_FILE_FLAGS || arg->mode > ZMEM_MODE_DEBUG)
		return ERR_PTR(-EINVAL);
	return zmem_cache_create(arg->name, arg->size, &args);
}

/* With the lock held. */
static long add_cache(struct zmem_file *file, const struct zmem_ioc_cache *arg)
{
	struct zmem_file_cache *entry;
	int id = atomic_inc_return(&last_id) & INT_MAX;
	long err;

	if (file->nr_caches >= ZMEM_IOC_CACHES_MAX)
		return -EDQUOT;

	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;

	entry->cache = create_cache(arg);
	if (IS_ERR(entry->cache)) {
		err = PTR_ERR(entry->cache);
		goto free_entry;
	}

	err = xa_insert(&file->caches, id, entry, GFP_KERNEL);
	if (err)
		goto destroy_cache;
	file->nr_caches++;
	return id;

destroy_cache:
	zmem_cache_destroy(entry->cache);
free_entry:
	kfree(entry);
	return err;
}

/**
 * zmem_file_cache_create() - ZMEM_IOC_CACHE_CREATE
 * @file: file
 * @arg: what was asked for
 *
 * Return: the cache's id, or a negative error.
 */
long zmem_file_cache_create(struct zmem_file *file, struct zmem_ioc_cache *arg)
{
	long ret = zmem_file_lock(file);

	if (ret)
		return ret;
	ret = add_cache(file, arg);
	zmem_file_unlock(file);
	return ret;
}

/* With the lock held: takes an unused cache out of the file. */
static struct zmem_file_cache *remove_cache(struct zmem_file *file, u32 id)
{
	struct zmem_file_cache *entry = zmem_file_cache(file, id);

	if (IS_ERR(entry))
		return entry;
	if (entry->users)
		return ERR_PTR(-EBUSY);
	xa_erase(&file->caches, id);
	file->nr_caches--;
	return entry;
}

/**
 * zmem_file_cache_destroy() - ZMEM_IOC_CACHE_DESTROY
 * @file: file
 * @arg: what was asked for
 *
 * Return: 0 or a negative error.
 */
long zmem_file_cache_destroy(struct zmem_file *file,
			     struct zmem_ioc_target *arg)
{
	struct zmem_file_cache *entry;
	int err;

	if (arg->reserved)
		return -EINVAL;

	err = zmem_file_lock(file);
	if (err)
		return err;
	entry = remove_cache(file, arg->cache);
	zmem_file_unlock(file);
	if (IS_ERR(entry))
		return PTR_ERR(entry);

	zmem_cache_destroy(entry->cache);
	kfree(entry);
	return 0;
}

/* What @fn says of a cache of the file's, or a negative error. */
static int on_cache(struct zmem_file *file, u32 id, int (*fn)(struct zmem_cache *cache))
{
	struct zmem_file_cache *entry;
	int ret = zmem_file_lock(file);

	if (ret)
		return ret;
	entry = zmem_file_cache(file, id);
	ret = IS_ERR(entry) ? PTR_ERR(entry) : fn(entry->cache);
	zmem_file_unlock(file);
	return ret;
}

/**
 * zmem_file_cache_shrink() - ZMEM_IOC_CACHE_SHRINK
 * @file: file
 * @arg: what was asked for
 *
 * Return: 0 or a negative error.
 */
long zmem_file_cache_shrink(struct zmem_file *file,
			    struct zmem_ioc_target *arg)
{
	return arg->reserved ? -EINVAL : on_cache(file, arg->cache, zmem_cache_shrink);
}

/**
 * zmem_file_cache_validate() - ZMEM_IOC_VALIDATE
 * @file: file
 * @arg: what was asked for; @arg->errors is filled
 *
 * Return: 0 or a negative error.
 */
long zmem_file_cache_validate(struct zmem_file *file, struct zmem_ioc_validate *arg)
{
	int found = arg->reserved ? -EINVAL : on_cache(file, arg->cache, zmem_cache_validate);

	if (found < 0)
		return found;
	arg->errors = found;
	return 0;
}

/**
 * zmem_file_snapshot() - take the snapshot of a file's cache
 * @file: file
 * @id: the cache's
 * @snap: filled
 *
 * Return: 0 or a negative error.
 */
int zmem_file_snapshot(struct zmem_file *file, u32 id,
		       struct zmem_snapshot *snap)
{
	struct zmem_file_cache *entry;
	int err;

	err = zmem_file_lock(file);
	if (err)
		return err;
	entry = zmem_file_cache(file, id);
	if (IS_ERR(entry))
		err = PTR_ERR(entry);
	else
		zmem_snapshot_take(zmem_common(entry->cache), snap);
	zmem_file_unlock(file);
	return err;
}
