// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Caches, whichever their source is. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "source.h"
#include "units.h"
#include "zmemctl.h"

#define VIEWS_VERSION	1

static const struct source *source(void)
{
	return common.from ? &source_program : &source_module;
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC + t.tv_nsec;
}

void caches_read(struct caches *c)
{
	for (c->nr = 0;; c->nr++) {
		c->snap = xgrow(c->snap, c->nr, &c->room, sizeof(*c->snap));
		if (source()->snapshot(ZMEM_IOC_BY_INDEX, c->nr, &c->snap[c->nr]))
			break;
	}
	c->when = now_ns();
}

const struct zmem_ioc_snapshot *caches_find(const struct caches *c, const char *name)
{
	size_t n;

	for (n = 0; n < c->nr; n++)
		if (!strcmp(c->snap[n].name, name))
			return &c->snap[n];
	return NULL;
}

void snapshot_by_name(const char *name, struct zmem_ioc_snapshot *s)
{
	memset(s, 0, sizeof(*s));
	if (strlen(name) < sizeof(s->name))
		memcpy(s->name, name, strlen(name));
	/* No cache has an empty name: who has no permission hears of that first. */
	if (source()->snapshot(ZMEM_IOC_BY_NAME, 0, s))
		fail(EXIT_NO_CACHE, "no cache is named '%s'", name);
}

void snapshot_by_id(uint32_t id, struct zmem_ioc_snapshot *s)
{
	memset(s, 0, sizeof(*s));
	if (source()->snapshot(ZMEM_IOC_BY_ID, id, s))
		fail(EXIT_ERROR, "the cache is gone");
}

void view_read(struct table *t, const char *cache, const char *view)
{
	char path[PATH_MAX];
	const char *wrong;
	char *text = source()->view(cache, view, path);

	if (!text) {
		table_init(t, 0);
		return;
	}
	wrong = table_parse(t, text, view, VIEWS_VERSION);
	if (wrong)
		fail(EXIT_ERROR, "%s: %s", path, wrong);
	free(text);
}

int control(const char *cache, const char *command)
{
	return source()->control(cache, command);
}

size_t sysfs_list(const char *path, uint32_t *list, size_t room)
{
	char *text = read_text(path);
	size_t nr = text ? parse_list(text, list, room) : 0;

	free(text);
	return nr;
}
