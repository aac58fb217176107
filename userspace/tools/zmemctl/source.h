/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The module's side: /dev/zmem and debugfs.  What fails ends with one line. */
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

int device(void);		/* opened once */
uint64_t now_ns(void);
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
