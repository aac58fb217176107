// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * /dev/zmem: the allocator, driven from outside.
 *
 * Requests are copied in and results out here, by one rule for structures that
 * grow; see <linux/zmem.h>.  What they ask for is done elsewhere.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/nospec.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/zmem.h>
#include "core/cache.h"
#include "core/nodes.h"
#include "internal.h"
#include "file.h"
#include "handles.h"
#include "main.h"
#include "render.h"
#include "replay.h"
#include "workload.h"

/* Room for any request. */
union zmem_arg {
	struct zmem_ioc_info info;
	struct zmem_ioc_cache cache;
	struct zmem_ioc_target target;
	struct zmem_ioc_alloc alloc;
	struct zmem_ioc_handles handles;
	struct zmem_ioc_run run;
	struct zmem_ioc_snapshot snapshot;
	struct zmem_ioc_node node;
	struct zmem_ioc_validate validate;
};

struct find_name {
	const char *name;
	struct zmem_snapshot *snap;
	int err;
};

static int find_name(struct zmem_common *cache, void *arg)
{
	struct find_name *find = arg;

	if (strcmp(cache->name, find->name))
		return 0;
	zmem_snapshot_take(cache, find->snap);
	find->err = 0;
	return 1;
}

static int snapshot_by_name(const struct zmem_ioc_snapshot *arg,
			    struct zmem_snapshot *snap)
{
	struct find_name find = {
		.name = arg->name,
		.snap = snap,
		.err = -ENOENT,
	};

	if (strnlen(arg->name, sizeof(arg->name)) == sizeof(arg->name))
		return -EINVAL;
	zmem_caches_for_each(find_name, &find);
	return find.err;
}

static long zmem_snapshot_ioctl(struct zmem_file *file,
				struct zmem_ioc_snapshot *arg)
{
	struct zmem_snapshot snap;
	int err;

	switch (arg->by) {
	case ZMEM_IOC_BY_INDEX:
		err = zmem_snapshot_nth(arg->index, &snap);
		break;
	case ZMEM_IOC_BY_NAME:
		err = snapshot_by_name(arg, &snap);
		break;
	case ZMEM_IOC_BY_ID:
		err = zmem_file_snapshot(file, arg->index, &snap);
		break;
	default:
		err = -EINVAL;
	}
	if (!err)
		zmem_render_ioc(arg, &snap);
	return err;
}

/**
 * struct zmem_ioctl - a request
 * @cmd: its number, with the size of the kernel's structure
 * @min: size of the first version of the structure
 * @fn: does it; results stay in @arg.  Returns what the ioctl returns
 */
struct zmem_ioctl {
	unsigned int cmd;
	unsigned int min;
	long (*fn)(struct zmem_file *file, union zmem_arg *arg);
};

static long do_info(struct zmem_file *file, union zmem_arg *arg)
{
	return zmem_file_info(file, &arg->info);
}

static long do_cache_create(struct zmem_file *file, union zmem_arg *arg)
{
	return zmem_file_cache_create(file, &arg->cache);
}

static long do_cache_destroy(struct zmem_file *file, union zmem_arg *arg)
{
	return zmem_file_cache_destroy(file, &arg->target);
}

static long do_cache_shrink(struct zmem_file *file, union zmem_arg *arg)
{
	return zmem_file_cache_shrink(file, &arg->target);
}

static long do_validate(struct zmem_file *file, union zmem_arg *arg)
{
	return zmem_file_cache_validate(file, &arg->validate);
}

static long do_alloc(struct zmem_file *file, union zmem_arg *arg)
{
	return zmem_objects_alloc(file, &arg->alloc);
}

static long do_free(struct zmem_file *file, union zmem_arg *arg)
{
	return zmem_objects_free(file, &arg->handles);
}

static long do_verify(struct zmem_file *file, union zmem_arg *arg)
{
	return zmem_objects_verify(file, &arg->handles);
}

static long do_run(struct zmem_file *file, union zmem_arg *arg)
{
	return zmem_workload_run(file, &arg->run);
}

static long do_snapshot(struct zmem_file *file, union zmem_arg *arg)
{
	return zmem_snapshot_ioctl(file, &arg->snapshot);
}

static long do_node(struct zmem_file *file, union zmem_arg *arg)
{
	if (arg->node.node >= nr_node_ids)
		return -EINVAL;
	switch (arg->node.action) {
	case ZMEM_IOC_NODE_DRAIN:
		return zmem_node_drain(arg->node.node);
	case ZMEM_IOC_NODE_OPEN:
		return zmem_node_undrain(arg->node.node);
	}
	return -EINVAL;
}

/* In the order of their numbers; each with the last field of its first version. */
static const struct zmem_ioctl zmem_ioctls[] = {
	{ ZMEM_IOC_INFO, offsetofend(struct zmem_ioc_info, reserved), do_info },
	{ ZMEM_IOC_CACHE_CREATE, offsetofend(struct zmem_ioc_cache, debug_flags), do_cache_create },
	{ ZMEM_IOC_CACHE_DESTROY, offsetofend(struct zmem_ioc_target, reserved), do_cache_destroy },
	{ ZMEM_IOC_CACHE_SHRINK, offsetofend(struct zmem_ioc_target, reserved), do_cache_shrink },
	{ ZMEM_IOC_ALLOC, offsetofend(struct zmem_ioc_alloc, flags), do_alloc },
	{ ZMEM_IOC_FREE, offsetofend(struct zmem_ioc_handles, mismatches), do_free },
	{ ZMEM_IOC_VERIFY, offsetofend(struct zmem_ioc_handles, mismatches), do_verify },
	{ ZMEM_IOC_RUN, offsetofend(struct zmem_ioc_run, reserved), do_run },
	{ ZMEM_IOC_SNAPSHOT, offsetofend(struct zmem_ioc_snapshot, tuner_trimmed), do_snapshot },
	{ ZMEM_IOC_NODE, offsetofend(struct zmem_ioc_node, action), do_node },
	{ ZMEM_IOC_VALIDATE, offsetofend(struct zmem_ioc_validate, errors), do_validate },
};

/* The same request, whatever the size of its structure? */
static bool same_request(unsigned int a, unsigned int b)
{
	return !((a ^ b) & ~IOCSIZE_MASK);
}

static const struct zmem_ioctl *find_ioctl(unsigned int cmd)
{
	unsigned int nr = _IOC_NR(cmd) - _IOC_NR(ZMEM_IOC_INFO);

	if (nr >= ARRAY_SIZE(zmem_ioctls))
		return NULL;
	nr = array_index_nospec(nr, ARRAY_SIZE(zmem_ioctls));
	return same_request(cmd, zmem_ioctls[nr].cmd) ? &zmem_ioctls[nr] : NULL;
}

/* A caller that knows more than we do finds zeros there. */
static int copy_out(void __user *to, unsigned int to_size,
		    const union zmem_arg *arg, unsigned int size)
{
	unsigned int common = min(to_size, size);

	if (copy_to_user(to, arg, common) ||
	    clear_user(to + common, to_size - common))
		return -EFAULT;
	return 0;
}

static long do_ioctl(struct zmem_file *file, const struct zmem_ioctl *request,
		     void __user *uarg, unsigned int usize)
{
	unsigned int size = _IOC_SIZE(request->cmd);
	union zmem_arg arg;
	long ret;

	if (usize < request->min)
		return -EINVAL;
	memset(&arg, 0, sizeof(arg));
	ret = copy_struct_from_user(&arg, size, uarg, usize);
	if (ret)
		return ret;

	ret = request->fn(file, &arg);
	if (ret && ret != -EINTR)
		return ret;
	if (_IOC_DIR(request->cmd) & _IOC_READ &&
	    copy_out(uarg, usize, &arg, size))
		return -EFAULT;
	return ret;
}

static long zmem_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	const struct zmem_ioctl *request = find_ioctl(cmd);
	void __user *uarg = (void __user *)arg;

	if (request)
		return do_ioctl(filp->private_data, request, uarg, _IOC_SIZE(cmd));
	if (same_request(cmd, ZMEM_IOC_REPLAY))
		return zmem_replay_ioctl(filp->private_data, uarg, _IOC_SIZE(cmd));
	return -ENOTTY;
}

static int zmem_open(struct inode *inode, struct file *filp)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	filp->private_data = zmem_file_create();
	return filp->private_data ? 0 : -ENOMEM;
}

static int zmem_release(struct inode *inode, struct file *filp)
{
	zmem_file_destroy(filp->private_data);
	return 0;
}

static const struct file_operations zmem_fops = {
	.owner = THIS_MODULE,
	.open = zmem_open,
	.release = zmem_release,
	.unlocked_ioctl = zmem_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice zmem_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "zmem",
	.fops = &zmem_fops,
	.mode = 0600,
};

/**
 * zmem_chardev_init() - make /dev/zmem
 *
 * Context: may sleep; once allocation works.
 * Return: 0 or a negative error.
 */
int zmem_chardev_init(void)
{
	return misc_register(&zmem_device);
}

/**
 * zmem_chardev_exit() - remove /dev/zmem
 *
 * No file is open then: each holds the module.
 *
 * Context: may sleep.
 */
void zmem_chardev_exit(void)
{
	misc_deregister(&zmem_device);
}
