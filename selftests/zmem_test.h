/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the tests of /dev/zmem share. */
#ifndef ZMEM_TEST_H
#define ZMEM_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/zmem.h>

#define DEVICE	"/dev/zmem"
#define DEBUGFS	"/sys/kernel/debug/zmem"

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

/* What must be the same after a request that was refused. */
struct state {
	uint64_t live;		/* objects of all caches but zmem's own */
	uint64_t caches;	/* likewise */
	uint64_t errors;	/* of all: misuse that the allocator reported */
	uint64_t used;		/* of the file */
	uint64_t objects;
	uint64_t file_caches;
};

static inline int cache_create(int fd, const char *name, uint32_t size)
{
	struct zmem_ioc_cache arg = { .size = size };

	snprintf(arg.name, sizeof(arg.name), "%s", name);
	return ioctl(fd, ZMEM_IOC_CACHE_CREATE, &arg);
}

static inline int cache_destroy(int fd, uint32_t id)
{
	struct zmem_ioc_target arg = { .cache = id };

	return ioctl(fd, ZMEM_IOC_CACHE_DESTROY, &arg);
}

/* From a cache, or by size if there is none. */
static inline int objects_alloc(int fd, uint32_t cache, uint64_t size,
				uint32_t flags, uint64_t *handles, uint32_t count)
{
	struct zmem_ioc_alloc arg = {
		.handles = (uintptr_t)handles,
		.size = size,
		.cache = cache,
		.count = count,
		.node = ZMEM_IOC_NODE_ANY,
		.flags = flags,
	};

	return ioctl(fd, ZMEM_IOC_ALLOC, &arg);
}

static inline int objects_free(int fd, const uint64_t *handles, uint32_t count)
{
	struct zmem_ioc_handles arg = {
		.handles = (uintptr_t)handles,
		.count = count,
	};

	return ioctl(fd, ZMEM_IOC_FREE, &arg);
}

/* How many of the objects were checked and found good; -1 if refused. */
static inline int objects_good(int fd, const uint64_t *handles, uint32_t count)
{
	struct zmem_ioc_handles arg = {
		.handles = (uintptr_t)handles,
		.count = count,
	};

	if (ioctl(fd, ZMEM_IOC_VERIFY, &arg))
		return -1;
	return arg.checked - arg.mismatches;
}

static inline int snapshot(int fd, uint32_t by, uint32_t index,
			   const char *name, struct zmem_ioc_snapshot *snap)
{
	memset(snap, 0, sizeof(*snap));
	snap->by = by;
	snap->index = index;
	if (name)
		snprintf(snap->name, sizeof(snap->name), "%s", name);
	return ioctl(fd, ZMEM_IOC_SNAPSHOT, snap);
}

/* Descriptors and magazines come and go as they are needed. */
static inline bool is_internal(const char *name)
{
	return !strncmp(name, "zmem-meta", 9);
}

static inline struct state state_of(int fd)
{
	struct zmem_ioc_snapshot snap;
	struct zmem_ioc_info info = {};
	struct state state = {};
	uint32_t n;

	for (n = 0; !snapshot(fd, ZMEM_IOC_BY_INDEX, n, NULL, &snap); n++) {
		state.errors += snap.errors;
		if (is_internal(snap.name))
			continue;
		state.live += snap.objects;
		state.caches++;
	}
	if (ioctl(fd, ZMEM_IOC_INFO, &info))
		info.used = UINT64_MAX;
	state.used = info.used;
	state.objects = info.objects;
	state.file_caches = info.caches;
	return state;
}

static inline bool same_state(const struct state *a, const struct state *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* All that a file shows of a path, or NULL; to be freed. */
static inline char *read_file(const char *path)
{
	size_t size = 0, room = 1 << 16;
	char *text = malloc(room), *more;
	int fd = open(path, O_RDONLY);
	ssize_t got = -1;

	while (text && fd >= 0) {
		got = read(fd, text + size, room - size - 1);
		if (got <= 0)
			break;
		size += got;
		if (room - size >= 4096)
			continue;
		more = realloc(text, room *= 2);
		if (!more)
			free(text);
		text = more;
	}
	if (fd >= 0)
		close(fd);
	if (got < 0 || !text) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}

/* Runs the caller on one CPU only. */
static inline int run_on(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* Writes a word to a file of sysfs or debugfs; 0 or -errno. */
static inline int write_file(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY);
	int ret = fd < 0 || write(fd, word, strlen(word)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

/* Takes a CPU off or brings it back; 0 or -errno. */
static inline int cpu_set_online(unsigned int cpu, bool on)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	return write_file(path, on ? "1" : "0");
}

/* Where a column is, by a line "# NAME..." of a table; -1: nowhere. */
static inline int column_of(char *header, const char *name)
{
	char *rest, *word = strtok_r(header + 1, " ", &rest);
	int n;

	for (n = 0; word; n++, word = strtok_r(NULL, " ", &rest))
		if (!strcmp(word, name))
			return n;
	return -1;
}

/*
 * A number of a cache's table in debugfs, by its row's first number and its
 * column's name; of all rows the sum, if @row is -1; -1 if it is not there.
 */
static inline long table_value(const char *cache, const char *table, long row,
			       const char *name)
{
	char path[128], *text, *line, *lines, *word, *words;
	int column = -1, n;
	long value = -1;

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", cache, table);
	text = read_file(path);
	for (line = text ? strtok_r(text, "\n", &lines) : NULL; line;
	     line = strtok_r(NULL, "\n", &lines)) {
		if (*line == '#') {
			column = column_of(line, name);
			continue;
		}
		word = strtok_r(line, " ", &words);
		if (column < 0 || !word || (row >= 0 && atol(word) != row))
			continue;
		for (n = 0; n < column && word; n++)
			word = strtok_r(NULL, " ", &words);
		if (word)
			value = (value < 0 ? 0 : value) + atol(word);
	}
	free(text);
	return value;
}

#endif /* ZMEM_TEST_H */
