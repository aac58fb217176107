/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Where caches are: in the kernel, or in a program (--from).  What fails ends
 * with one line.
 */
#ifndef ZMEMCTL_SOURCE_H
#define ZMEMCTL_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <linux/zmem.h>
#include "table.h"

/* All caches at one moment. */
struct caches {
	struct zmem_ioc_snapshot *snap;
	size_t nr;
	size_t room;
	uint64_t when;		/* ns */
};

/**
 * struct source - one of the two
 * @snapshot: as the ioctl, by index or name or id; -1 if there is none
 * @view: the text of a cache's file, or NULL if there is none; @path, of
 *	PATH_MAX, is what it is called in messages
 * @control: a command to a cache, or to all if NULL; 0 or errno
 */
struct source {
	int (*snapshot)(uint32_t by, uint32_t index, struct zmem_ioc_snapshot *s);
	char *(*view)(const char *cache, const char *view, char *path);
	int (*control)(const char *cache, const char *command);
};

extern const struct source source_module;
extern const struct source source_program;

uint64_t now_ns(void);
int device(void);		/* /dev/zmem, opened once */
void caches_read(struct caches *c);
const struct zmem_ioc_snapshot *caches_find(const struct caches *c, const char *name);
void snapshot_by_name(const char *name, struct zmem_ioc_snapshot *s);
void snapshot_by_id(uint32_t id, struct zmem_ioc_snapshot *s);

/* A table of a cache's, or an empty one if the cache is gone. */
void view_read(struct table *t, const char *cache, const char *view);
/* A command to a cache's control file, or to all caches; 0 or errno. */
int control(const char *cache, const char *command);

/* CPUs of a list as sysfs shows it; 0 if there is none such. */
size_t sysfs_list(const char *path, uint32_t *list, size_t room);

#endif /* ZMEMCTL_SOURCE_H */
