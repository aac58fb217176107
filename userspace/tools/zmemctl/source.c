// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The module's side: /dev/zmem and debugfs.  What fails ends with one line. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "source.h"
#include "units.h"
#include "zmemctl.h"

#define DEVICE		"/dev/zmem"
#define DEBUGFS		"/sys/kernel/debug"
#define VIEWS_VERSION	1

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC + t.tv_nsec;
}

static void refuse_device(int error)
{
	switch (error) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		fail(EXIT_NO_MODULE, "the module is not loaded: no " DEVICE);
	case EPERM:
	case EACCES:
		fail(EXIT_NO_PERMISSION, DEVICE ": not permitted: only root may (CAP_SYS_ADMIN)");
	default:
		fail(EXIT_ERROR, DEVICE ": %s", strerror(error));
	}
}

int device(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		refuse_device(errno);
	return fd;
}

static int snapshot(uint32_t by, uint32_t index, struct zmem_ioc_snapshot *s)
{
	s->by = by;
	s->index = index;
	if (!ioctl(device(), ZMEM_IOC_SNAPSHOT, s))
		return 0;
	if (errno != ENOENT)
		fail(EXIT_ERROR, DEVICE ": snapshot: %s", strerror(errno));
	return -1;
}

void caches_read(struct caches *c)
{
	for (c->nr = 0;; c->nr++) {
		c->snap = xgrow(c->snap, c->nr, &c->room, sizeof(*c->snap));
		if (snapshot(ZMEM_IOC_BY_INDEX, c->nr, &c->snap[c->nr]))
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
	if (strlen(name) < sizeof(s->name)) {
		memcpy(s->name, name, strlen(name));
		if (!snapshot(ZMEM_IOC_BY_NAME, 0, s))
			return;
	}
	device();
	fail(EXIT_NO_CACHE, "no cache is named '%s'", name);
}

void snapshot_by_id(uint32_t id, struct zmem_ioc_snapshot *s)
{
	memset(s, 0, sizeof(*s));
	if (snapshot(ZMEM_IOC_BY_ID, id, s))
		fail(EXIT_ERROR, "the cache is gone");
}

static void refuse_debugfs(const char *path, int error)
{
	if (error == EACCES || error == EPERM)
		fail(EXIT_NO_PERMISSION, "%s: not permitted: only root may", path);
	if (error != ENOENT)
		fail(EXIT_ERROR, "%s: %s", path, strerror(error));
	if (access(DEVICE, F_OK))
		fail(EXIT_NO_MODULE, "the module is not loaded: no " DEVICE);
	fail(EXIT_ERROR, "no " DEBUGFS "/zmem: is debugfs mounted?");
}

void view_read(struct table *t, const char *cache, const char *view)
{
	char path[PATH_MAX];
	const char *wrong;
	char *text;

	snprintf(path, sizeof(path), DEBUGFS "/zmem/%s/%s", cache, view);
	text = read_text(path);
	if (!text && (errno == ENOENT || errno == EIO) &&
	    !access(DEBUGFS "/zmem", F_OK)) {
		table_init(t, 0);
		return;
	}
	if (!text)
		refuse_debugfs(path, errno);
	wrong = table_parse(t, text, view, VIEWS_VERSION);
	if (wrong)
		fail(EXIT_ERROR, "%s: %s", path, wrong);
	free(text);
}

int control(const char *cache, const char *command)
{
	char path[PATH_MAX];
	int fd, error = 0;

	snprintf(path, sizeof(path), DEBUGFS "/zmem/%s%scontrol",
		 cache ? cache : "", cache ? "/" : "");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		refuse_debugfs(path, errno);
	if (write(fd, command, strlen(command)) < 0)
		error = errno;
	close(fd);
	return error;
}

size_t sysfs_list(const char *path, uint32_t *list, size_t room)
{
	char *text = read_text(path);
	size_t nr = text ? parse_list(text, list, room) : 0;

	free(text);
	return nr;
}
