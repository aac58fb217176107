// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Replaying an allocation stream for user space.
 *
 * The stream is copied in and checked as a whole before the first event, so
 * that nothing below it can be surprised.  With ZMEM_REPLAY_HOLD all that a
 * replay made lives on behind a file of its own, until that is closed.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "budget.h"
#include "file.h"
#include "replay.h"
#include "replay_run.h"

#define COPY_CHUNK	SZ_1M
#define WALK_CHUNK	65536u

/* What a cache of the stream's is made to stand for: descriptors and files. */
#define CACHE_COST	SZ_16K

static int check_request(const struct zmem_replay *arg)
{
	if (arg->target > ZMEM_REPLAY_KMEM || arg->flags & ~ZMEM_REPLAY_FLAGS)
		return -EINVAL;
	if (!arg->repeats || arg->repeats > ZMEM_REPLAY_REPEATS_MAX)
		return -EINVAL;
	if (arg->flags & ZMEM_REPLAY_HOLD && arg->repeats != 1)
		return -EINVAL;
	if (!arg->caches && arg->nr_caches)
		return -EINVAL;
	if (arg->stream_bytes > ZMEM_STREAM_BYTES_MAX)
		return -E2BIG;
	return 0;
}

static int charge(struct replay *r, u64 bytes)
{
	int error = zmem_budget_charge(r->budget, bytes);

	if (!error)
		r->charge += bytes;
	return error;
}

/* A whole stream, from user space. */
static int copy_stream(struct replay *r, const struct zmem_replay *arg)
{
	const char __user *from = u64_to_user_ptr(arg->stream);
	size_t at, n;
	int error = charge(r, arg->stream_bytes);

	if (error)
		return error;
	r->buffer = __vmalloc(max_t(size_t, arg->stream_bytes, 1),
			      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!r->buffer)
		return -ENOMEM;
	for (at = 0; at < arg->stream_bytes; at += n) {
		n = min_t(size_t, arg->stream_bytes - at, COPY_CHUNK);
		if (copy_from_user(r->buffer + at, from + at, n))
			return -EFAULT;
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int walk_stream(struct replay *r, struct zmem_stream_fault *fault)
{
	struct zmem_stream_totals totals = {};
	struct zmem_stream_object *objects;
	int error;

	objects = __vmalloc(array_size(max(r->stream.nr_objects, 1u),
				       sizeof(*objects)),
			    GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_ZERO);
	if (!objects)
		return -ENOMEM;
	do {
		error = zmem_stream_walk(&r->stream, WALK_CHUNK, objects,
					 &totals, fault);
		cond_resched();
		if (!error && signal_pending(current))
			error = -EINTR;
	} while (!error && totals.next < r->stream.nr_events);
	vfree(objects);
	/* What its objects come to at most is known now. */
	return error ?: charge(r, totals.peak_allocated);
}

static int load_stream(struct replay *r, struct zmem_replay *arg)
{
	struct zmem_stream_fault fault = {};
	int error;

	error = copy_stream(r, arg);
	if (error)
		return error;
	error = zmem_stream_open(&r->stream, r->buffer, arg->stream_bytes,
				 &fault);
	if (!error)
		error = charge(r, (u64)r->stream.nr_caches * CACHE_COST +
			       (u64)r->stream.nr_objects *
			       (sizeof(struct zmem_stream_object) + sizeof(void *)));
	if (!error)
		error = walk_stream(r, &fault);
	arg->fault = fault.where;
	if (error)
		return error;
	if (arg->stop_at > r->stream.nr_events)
		return -EINVAL;
	r->stop_at = arg->stop_at ?: r->stream.nr_events;
	r->objects = __vmalloc(array_size(max(r->stream.nr_objects, 1u),
					  sizeof(*r->objects)),
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_ZERO);
	return r->objects ? 0 : -ENOMEM;
}

static void replay_free(struct replay *r)
{
	zmem_replay_drain(r);
	zmem_replay_caches_destroy(r);
	vfree(r->objects);
	vfree(r->buffer);
	zmem_budget_uncharge(r->budget, r->charge);
	zmem_budget_put(r->budget);
	kfree(r);
}

static int compare_ns(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* All passes but the last leave nothing behind. */
static int run_passes(struct replay *r, struct zmem_replay *arg, u64 *ns)
{
	u32 i;
	int error;

	for (i = 0; i < arg->repeats; i++) {
		zmem_replay_drain(r);
		ns[i] = ktime_get_ns();
		error = zmem_replay_pass(r);
		ns[i] = ktime_get_ns() - ns[i];
		if (error)
			return error;
	}
	sort(ns, arg->repeats, sizeof(*ns), compare_ns, NULL);
	arg->min_ns = ns[0];
	arg->median_ns = ns[arg->repeats / 2];
	return 0;
}

static int copy_caches(const struct replay *r, const struct zmem_replay *arg,
		       u32 room)
{
	struct zmem_replay_cache __user *to = u64_to_user_ptr(arg->caches);
	struct zmem_replay_cache c;
	u32 n;

	for (n = 0; n < min(room, r->nr_own); n++) {
		zmem_replay_cache_totals(r, n, &c);
		if (copy_to_user(&to[n], &c, sizeof(c)))
			return -EFAULT;
	}
	return 0;
}

static int replay(struct replay *r, struct zmem_replay *arg)
{
	u32 room = arg->nr_caches;
	u64 *ns;
	int error;

	r->target = arg->target;
	r->flags = arg->flags;
	error = load_stream(r, arg);
	if (error)
		return error;
	error = zmem_replay_caches_create(r);
	if (error)
		return error;
	zmem_replay_account(r);
	ns = kcalloc(arg->repeats, sizeof(*ns), GFP_KERNEL);
	if (!ns)
		return -ENOMEM;
	error = run_passes(r, arg, ns);
	kfree(ns);
	if (error)
		return error;
	zmem_replay_totals(r, arg);
	return copy_caches(r, arg, room);
}

static int held_release(struct inode *inode, struct file *file)
{
	replay_free(file->private_data);
	return 0;
}

static const struct file_operations held_fops = {
	.owner = THIS_MODULE,
	.release = held_release,
	.llseek = noop_llseek,
};

/* A caller that knows more fields finds zeroes there. */
static int copy_answer(void __user *to, const struct zmem_replay *arg,
		       unsigned int size)
{
	unsigned int common = min_t(unsigned int, size, sizeof(*arg));

	if (copy_to_user(to, arg, common) ||
	    clear_user(to + common, size - common))
		return -EFAULT;
	return 0;
}

/* From here on the file has the replay, whatever happens. */
static int hold(struct replay *r, struct zmem_replay *arg, void __user *to,
		unsigned int size)
{
	struct file *file;
	int fd = get_unused_fd_flags(O_CLOEXEC), error;

	if (fd < 0) {
		replay_free(r);
		return fd;
	}
	file = anon_inode_getfile("[zmem-replay]", &held_fops, r, O_RDWR);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		replay_free(r);
		return PTR_ERR(file);
	}
	arg->fd = fd;
	error = copy_answer(to, arg, size);
	if (error) {
		put_unused_fd(fd);
		fput(file);
		return error;
	}
	fd_install(fd, file);
	return 0;
}

/**
 * zmem_replay_ioctl() - ZMEM_IOC_REPLAY
 * @file: whose budget it is charged to, until it ends or its @fd is closed
 * @uarg: a struct zmem_replay
 * @size: bytes of the caller's
 *
 * A stream that is refused gives one of the errors in core/stream.h, with
 * @fault set.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL: a short structure, an unknown target or flag, no or too
 * many repeats, or @stop_at is beyond the end; -E2BIG: a long structure with
 * something in it, or a long stream; -EDQUOT: it would come to more than the
 * budget; -EFAULT, -ENOMEM; -EINTR: a signal came.
 */
long zmem_replay_ioctl(struct zmem_file *file, void __user *uarg,
		       unsigned int size)
{
	struct zmem_replay arg;
	struct replay *r;
	int error;

	BUILD_BUG_ON(sizeof(arg) < ZMEM_REPLAY_BYTES_V1);
	if (size < ZMEM_REPLAY_BYTES_V1)
		return -EINVAL;
	error = copy_struct_from_user(&arg, sizeof(arg), uarg, size);
	if (error)
		return error;
	error = check_request(&arg);
	if (error)
		return error;
	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return -ENOMEM;
	r->budget = zmem_budget_get(file->budget);
	arg.fd = -1;
	error = replay(r, &arg);
	if (!error && arg.flags & ZMEM_REPLAY_HOLD)
		return hold(r, &arg, uarg, size);
	replay_free(r);
	/* Where a stream is at fault is of use with the error, too. */
	if (copy_answer(uarg, &arg, size) && !error)
		error = -EFAULT;
	return error;
}
