// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * debugfs:
 *
 *	zmem/caches		the table of caches, a line each
 *	zmem/caches.json	all snapshots
 *	zmem/<cache>/stats	one snapshot, a "key: value" a line
 *	zmem/<cache>/stats.json	likewise
 *
 * Without debugfs everything else works: no failure here is looked at.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include "core/cache.h"
#include "internal.h"
#include "render.h"
#include "main.h"
#include "surface.h"

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

/**
 * zmem_surface_add() - show a cache
 * @cache: new, and able to give snapshots
 *
 * Context: may sleep; zmem_caches_lock is not held.
 */
void zmem_surface_add(struct zmem_common *cache)
{
	struct dentry *dir;

	if (IS_ERR_OR_NULL(zmem_root))
		return;

	dir = debugfs_create_dir(cache->name, zmem_root);
	debugfs_create_file("stats", 0400, dir, cache, &stats_fops);
	debugfs_create_file("stats.json", 0400, dir, cache, &stats_json_fops);
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
