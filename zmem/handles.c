// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Objects that user space knows by handle.
 *
 * A handle is an index into the file's table, which is kept dense, and a
 * generation, of which each call that allocates has its own, whatever the
 * file.  So a handle that was freed, or that is another file's, is not found,
 * even when its index is in use again.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "budget.h"
#include "file.h"
#include "handles.h"
#include "source.h"

/* What an object costs beside its bytes: struct zmem_object, the table. */
#define OBJECT_COST	64

/* Objects between two looks for signals and other tasks. */
#define BATCH		64

/**
 * struct zmem_object - an object
 * @p: its memory
 * @source: how it was allocated
 * @entry: the file's cache, or NULL
 * @size: its bytes
 * @generation: upper half of its handle
 * @going: in the list that is being freed
 */
struct zmem_object {
	void *p;
	struct zmem_source source;
	struct zmem_file_cache *entry;
	u32 size;
	u32 generation;
	bool going;
};

static atomic_t last_generation = ATOMIC_INIT(0);

/* Not 0, so that no handle is. */
static u32 new_generation(void)
{
	u32 generation;

	do {
		generation = atomic_inc_return(&last_generation);
	} while (!generation);
	return generation;
}

static struct zmem_object *find_object(struct zmem_file *file, u64 handle)
{
	struct zmem_object *object = xa_load(&file->objects, lower_32_bits(handle));

	if (!object || object->generation != upper_32_bits(handle))
		return NULL;
	return object;
}

static int pause_batch(u32 n)
{
	if (n % BATCH)
		return 0;
	cond_resched();
	return signal_pending(current) ? -EINTR : 0;
}

static void free_object(struct zmem_file *file, struct zmem_object *object)
{
	zmem_source_free(&object->source, object->p);
	if (object->entry)
		object->entry->users--;
	zmem_budget_uncharge(file->budget, object->size + OBJECT_COST);
	file->nr_objects--;
	kfree(object);
}

static void erase_object(struct zmem_file *file, u64 handle)
{
	free_object(file, xa_erase(&file->objects, lower_32_bits(handle)));
}

/* Allocates as @like says, all but @like->p. */
static struct zmem_object *new_object(const struct zmem_object *like)
{
	struct zmem_object *object = kmemdup(like, sizeof(*like), GFP_KERNEL);

	if (!object)
		return NULL;
	object->p = zmem_source_alloc(&object->source, object->size);
	if (!object->p) {
		kfree(object);
		return NULL;
	}
	zmem_source_fill(&object->source, object->p, object->size,
			 object->generation);
	return object;
}

static int add_object(struct zmem_file *file, const struct zmem_object *like,
		      u64 *handle)
{
	struct zmem_object *object;
	u32 index;
	int err;

	object = new_object(like);
	if (!object)
		return -ENOMEM;

	err = xa_alloc(&file->objects, &index, object, xa_limit_32b, GFP_KERNEL);
	if (err)
		goto free;

	if (object->entry)
		object->entry->users++;
	file->nr_objects++;
	*handle = (u64)object->generation << 32 | index;
	return 0;

free:
	zmem_source_free(&object->source, object->p);
	kfree(object);
	return err;
}

/* With the lock held, and all objects charged: all or none. */
static int add_objects(struct zmem_file *file, const struct zmem_object *like,
		       u32 count, u64 *handles, u64 __user *to)
{
	const u64 cost = like->size + OBJECT_COST;
	u32 done;
	int err = zmem_budget_charge(file->budget, count * cost);

	if (err)
		return err;

	for (done = 0; done < count; done++) {
		err = pause_batch(done);
		if (!err)
			err = add_object(file, like, &handles[done]);
		if (err)
			break;
	}

	if (!err && copy_to_user(to, handles, array_size(count, sizeof(*to))))
		err = -EFAULT;
	if (err) {
		zmem_budget_uncharge(file->budget, (count - done) * cost);
		while (done--)
			erase_object(file, handles[done]);
	}
	return err;
}

static int check_alloc(const struct zmem_ioc_alloc *arg)
{
	if (!arg->count || !arg->size == !arg->cache)
		return -EINVAL;
	if (arg->count > ZMEM_IOC_COUNT_MAX || arg->size > ZMEM_ALLOC_MAX)
		return -E2BIG;
	return 0;
}

/* With the lock held: what each of the objects will be. */
static int describe_object(struct zmem_file *file,
			   const struct zmem_ioc_alloc *arg,
			   struct zmem_object *like)
{
	int err = zmem_source_init(&like->source, arg->flags, arg->node,
				   !arg->cache);

	if (err)
		return err;

	like->generation = new_generation();
	like->size = arg->size;
	if (arg->size)
		return 0;

	like->entry = zmem_file_cache(file, arg->cache);
	if (IS_ERR(like->entry))
		return PTR_ERR(like->entry);
	like->source.cache = like->entry->cache;
	like->size = zmem_cache_size(like->source.cache);
	return 0;
}

/**
 * zmem_objects_alloc() - ZMEM_IOC_ALLOC
 * @file: file
 * @arg: what was asked for
 *
 * Return: 0 or a negative error.
 */
long zmem_objects_alloc(struct zmem_file *file, struct zmem_ioc_alloc *arg)
{
	struct zmem_object like = {};
	u64 *handles;
	int err;

	err = check_alloc(arg);
	if (err)
		return err;

	handles = kvmalloc_array(arg->count, sizeof(*handles), GFP_KERNEL);
	if (!handles)
		return -ENOMEM;

	err = zmem_file_lock(file);
	if (err)
		goto free_handles;
	err = describe_object(file, arg, &like);
	if (!err)
		err = add_objects(file, &like, arg->count, handles,
				  u64_to_user_ptr(arg->handles));
	zmem_file_unlock(file);
free_handles:
	kvfree(handles);
	return err;
}

static u64 *copy_handles(const struct zmem_ioc_handles *arg)
{
	if (!arg->count || arg->reserved)
		return ERR_PTR(-EINVAL);
	if (arg->count > ZMEM_IOC_COUNT_MAX)
		return ERR_PTR(-E2BIG);
	return vmemdup_user(u64_to_user_ptr(arg->handles),
			    array_size(arg->count, sizeof(u64)));
}

/*
 * Calls a function with each of the objects that a list names, with the lock
 * held, after copying the list.
 */
static int with_handles(struct zmem_file *file, struct zmem_ioc_handles *arg,
			int (*fn)(struct zmem_file *file,
				  struct zmem_ioc_handles *arg, u64 *handles))
{
	u64 *handles = copy_handles(arg);
	int err;

	if (IS_ERR(handles))
		return PTR_ERR(handles);

	err = zmem_file_lock(file);
	if (!err) {
		err = fn(file, arg, handles);
		zmem_file_unlock(file);
	}
	kvfree(handles);
	return err;
}

/* Is every handle good, and none there twice?  Nothing is freed before. */
static int mark_going(struct zmem_file *file, const u64 *handles, u32 count)
{
	struct zmem_object *object;
	u32 n;

	for (n = 0; n < count; n++) {
		object = find_object(file, handles[n]);
		if (!object || object->going)
			break;
		object->going = true;
	}
	if (n == count)
		return 0;

	while (n--)
		find_object(file, handles[n])->going = false;
	return -ENOENT;
}

static int free_handles(struct zmem_file *file, struct zmem_ioc_handles *arg,
			u64 *handles)
{
	u32 n;
	int err = mark_going(file, handles, arg->count);

	if (err)
		return err;
	for (n = 0; n < arg->count; n++) {
		erase_object(file, handles[n]);
		pause_batch(n);	/* too late for signals */
	}
	return 0;
}

/**
 * zmem_objects_free() - ZMEM_IOC_FREE
 * @file: file
 * @arg: what was asked for
 *
 * Return: 0 or a negative error.
 */
long zmem_objects_free(struct zmem_file *file, struct zmem_ioc_handles *arg)
{
	return with_handles(file, arg, free_handles);
}

/* Adds to the results. */
static int verify_object(struct zmem_ioc_handles *arg,
			 const struct zmem_object *object)
{
	const struct zmem_source *source;

	if (!object)
		return -ENOENT;

	source = &object->source;
	if (!(source->flags & (ZMEM_IOC_FILL | ZMEM_IOC_GFP_ZERO)))
		return 0;
	arg->checked++;
	arg->mismatches += !zmem_source_check(source, object->p, object->size,
					      object->generation) ||
			   !zmem_source_zeroed(source, object->p, object->size);
	return 0;
}

static int verify_handles(struct zmem_file *file, struct zmem_ioc_handles *arg,
			  u64 *handles)
{
	u32 n;
	int err = 0;

	arg->checked = 0;
	arg->mismatches = 0;
	for (n = 0; n < arg->count && !err; n++) {
		err = pause_batch(n);
		if (!err)
			err = verify_object(arg, find_object(file, handles[n]));
	}
	return err;
}

/**
 * zmem_objects_verify() - ZMEM_IOC_VERIFY
 * @file: file
 * @arg: what was asked for; the results
 *
 * Return: 0 or a negative error.
 */
long zmem_objects_verify(struct zmem_file *file, struct zmem_ioc_handles *arg)
{
	return with_handles(file, arg, verify_handles);
}

/**
 * zmem_objects_release() - free all objects of a file
 * @file: nobody else uses it
 *
 * Context: may sleep.
 */
void zmem_objects_release(struct zmem_file *file)
{
	struct zmem_object *object;
	unsigned long index;

	xa_for_each(&file->objects, index, object) {
		free_object(file, object);
		cond_resched();
	}
	xa_destroy(&file->objects);
}
