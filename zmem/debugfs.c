// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * debugfs:
 *
 *	zmem/caches		the table of caches, a line each
 *	zmem/caches.json	all snapshots
 *	zmem/control		takes commands
 *	zmem/<cache>/stats	one snapshot, a "key: value" a line
 *	zmem/<cache>/stats.json	likewise
 *	zmem/<cache>/magazines	and so on: see views.c
 *	zmem/<cache>/control	takes commands
 *
 * All are described in Documentation/ABI/testing/debugfs-zmem.  Without
 * debugfs everything else works: no failure here is looked at.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include "core/cache.h"
#include "control.h"
#include "internal.h"
#include "render.h"
#include "main.h"
#include "surface.h"
#include "views.h"

/* The buffers that the tables of some fifty caches fill. */
#define TABLE_SIZE	SZ_16K
#define JSON_SIZE	SZ_64K

static struct dentry *zmem_root;

static int caches_show(struct seq_file *m, void *unused)
{
	struct zmem_snapshot snap;
	unsigned int n;

	zmem_render_header(m);
	for (n = 0; !zmem_snapshot_nth(n, &snap); n++)
		zmem_render_line(m, &snap);
	return 0;
}

static int caches_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, caches_show, NULL, TABLE_SIZE);
}

static int caches_json_show(struct seq_file *m, void *unused)
{
	struct zmem_snapshot snap;
	unsigned int n;

	seq_printf(m, "{\"version\":%d,\"caches\":[", ZMEM_RENDER_VERSION);
	for (n = 0; !zmem_snapshot_nth(n, &snap); n++) {
		seq_puts(m, n ? ",\n" : "\n");
		zmem_render_json(m, &snap);
	}
	seq_puts(m, "\n]}\n");
	return 0;
}

static int caches_json_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, caches_json_show, NULL, JSON_SIZE);
}

/* The files with tables, which know how much they print. */
#define DEFINE_TABLE_FOPS(name)						\
static const struct file_operations name##_fops = {			\
	.owner = THIS_MODULE,						\
	.open = name##_open,						\
	.read = seq_read,						\
	.llseek = seq_lseek,						\
	.release = single_release,					\
}

DEFINE_TABLE_FOPS(caches);
DEFINE_TABLE_FOPS(caches_json);

/*
 * debugfs keeps a cache's files from being removed, and zmem_surface_remove()
 * from returning, while one of these runs.
 */
static int stats_show(struct seq_file *m, void *unused)
{
	struct zmem_snapshot snap;

	zmem_snapshot_take(m->private, &snap);
	zmem_render_text(m, &snap);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int stats_json_show(struct seq_file *m, void *unused)
{
	struct zmem_snapshot snap;

	zmem_snapshot_take(m->private, &snap);
	zmem_render_json(m, &snap);
	seq_putc(m, '\n');
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats_json);

#define DEFINE_VIEW(name)						\
static int name##_show(struct seq_file *m, void *unused)		\
{									\
	zmem_view_##name(m, m->private);				\
	return 0;							\
}									\
DEFINE_SHOW_ATTRIBUTE(name)

DEFINE_VIEW(magazines);
DEFINE_VIEW(nodes);
DEFINE_VIEW(slabs);
DEFINE_VIEW(histogram);
DEFINE_VIEW(traces);
DEFINE_VIEW(tuner);

/* A command comes whole, in one write, for the cache or, without, for all. */
static ssize_t control_write(struct file *file, const char __user *from,
			     size_t size, loff_t *pos)
{
	struct zmem_common *cache = file_inode(file)->i_private;
	char command[ZMEM_CONTROL_MAX];
	int err;

	if (size >= sizeof(command))
		return -EINVAL;
	if (copy_from_user(command, from, size))
		return -EFAULT;
	command[size] = '\0';
	err = cache ? zmem_control_cache(cache, command) : zmem_control(command);
	return err ? err : size;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = control_write,
	.llseek = noop_llseek,
};

/* What a cache's directory holds. */
static const struct {
	const char *name;
	umode_t mode;
	const struct file_operations *fops;
} cache_files[] = {
	{ "stats", 0400, &stats_fops },
	{ "stats.json", 0400, &stats_json_fops },
	{ "magazines", 0400, &magazines_fops },
	{ "nodes", 0400, &nodes_fops },
	{ "slabs", 0400, &slabs_fops },
	{ "histogram", 0400, &histogram_fops },
	{ "traces", 0400, &traces_fops },
	{ "tuner", 0400, &tuner_fops },
	{ "control", 0200, &control_fops },
};

/**
 * zmem_surface_add() - show a cache
 * @cache: new, and able to give snapshots
 *
 * Context: may sleep; zmem_caches_lock is not held.
 */
void zmem_surface_add(struct zmem_common *cache)
{
	struct dentry *dir;
	unsigned int n;

	if (IS_ERR_OR_NULL(zmem_root))
		return;

	dir = debugfs_create_dir(cache->name, zmem_root);
	for (n = 0; n < ARRAY_SIZE(cache_files); n++)
		debugfs_create_file(cache_files[n].name, cache_files[n].mode, dir,
				    cache, cache_files[n].fops);
	cache->surface = dir;
}

/**
 * zmem_surface_remove() - show a cache no longer
 * @cache: about to go; nobody reads it when this returns
 *
 * Context: may sleep; zmem_caches_lock is not held.
 */
void zmem_surface_remove(struct zmem_common *cache)
{
	debugfs_remove(cache->surface);
	cache->surface = NULL;
}

/**
 * zmem_debugfs_init() - make the directory
 *
 * Context: may sleep; before the first cache is made.
 * Return: 0: that there is no debugfs is not an error.
 */
int zmem_debugfs_init(void)
{
	zmem_root = debugfs_create_dir("zmem", NULL);
	debugfs_create_file("caches", 0400, zmem_root, NULL, &caches_fops);
	debugfs_create_file("caches.json", 0400, zmem_root, NULL,
			    &caches_json_fops);
	debugfs_create_file("control", 0200, zmem_root, NULL, &control_fops);
	return 0;
}

/**
 * zmem_debugfs_exit() - remove the directory
 *
 * Context: may sleep; after the last cache is gone.
 */
void zmem_debugfs_exit(void)
{
	debugfs_remove(zmem_root);
	zmem_root = NULL;
}
