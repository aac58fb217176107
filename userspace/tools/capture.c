// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Tracefs: an instance of our own, so that leaving is removing it.
 *
 * Bulk calls have no event of kmem's; probes with events of the same fields
 * stand in.  An array is read in pieces, an event each: most calls are small,
 * and one event can't take more than a page.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "record.h"
#include "tool.h"

#define TRACEFS		"/sys/kernel/tracing"
#define INSTANCE	TRACEFS "/instances/zmem"

static struct event_types types;
static struct ring_layout layout;
static bool bulk_alloc_seen;

/* Pieces of an array: the first entry, how many, in runs of 64 at most. */
static const struct {
	unsigned int first, count;
} pieces[] = { { 0, 16 }, { 16, 64 }, { 80, 256 }, { 336, 192 } };

#define PIECES		(sizeof(pieces) / sizeof(*pieces))

static int try_write(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	ssize_t n;
	int error = 0;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		error = -errno;
	close(fd);
	return error;
}

static void put(const char *file, const char *text)
{
	char path[256];
	int error;

	snprintf(path, sizeof(path), INSTANCE "/%s", file);
	error = try_write(path, text, 0);
	if (error)
		die("%s: %s", path, strerror(-error));
}

/* The arguments that read a piece of the array that @base points to. */
static void array_args(char *text, size_t room, unsigned int piece,
		       const char *base)
{
	unsigned int at = pieces[piece].first, n = pieces[piece].count, i, len;
	size_t used = 0;

	for (i = 0; n; i++, at += len, n -= len) {
		len = n < 64 ? n : 64;
		used += snprintf(text + used, room - used,
				 " p%u=+%u(%s):x64[%u]", i, at * 8, base, len);
	}
}

static int define(const char *format, unsigned int piece, const char *symbol,
		  const char *base)
{
	char args[256], text[512];

	array_args(args, sizeof(args), piece, base);
	snprintf(text, sizeof(text), format, piece, symbol, args);
	return try_write(TRACEFS "/kprobe_events", text, O_APPEND);
}

/*
 * All or nothing: where it returns something, that is an int or, since Linux 7,
 * a bool, the array is as long as was asked for.
 */
static int define_alloc(unsigned int piece)
{
	static const char *const symbols[] = {
		"kmem_cache_alloc_bulk_noprof", "kmem_cache_alloc_bulk",
	};
	unsigned int i;
	int error = -ENOENT;

	for (i = 0; error && i < 2; i++)
		error = define("r256:zmem/alloc%u %s ret=$retval count=$arg3:u64 name=s->name:string bytes_req=s->object_size:u32 bytes_alloc=s->size:u32%s",
			       piece, symbols[i], "$arg4");
	return error;
}

/* Before Linux 6.6 a probe can't look into the cache: the name is missing. */
static int define_free(unsigned int piece)
{
	int error = define("p:zmem/free%u %s count=$arg2:u64 name=s->name:string%s",
			   piece, "kmem_cache_free_bulk", "$arg3");

	if (error)
		error = define("p:zmem/free%u %s count=$arg2:u64%s",
			       piece, "kmem_cache_free_bulk", "$arg3");
	return error;
}

static void undefine(void)
{
	char text[32];
	unsigned int i;

	for (i = 0; i < PIECES; i++) {
		snprintf(text, sizeof(text), "-:zmem/free%u", i);
		try_write(TRACEFS "/kprobe_events", text, O_APPEND);
		snprintf(text, sizeof(text), "-:zmem/alloc%u", i);
		try_write(TRACEFS "/kprobe_events", text, O_APPEND);
	}
}

static void add_type(enum what what, const char *event, unsigned int piece)
{
	struct event_type *t = &types.type[types.count++];
	char path[128], filter[64];
	char *format;

	snprintf(path, sizeof(path), INSTANCE "/events/%s/format", event);
	format = read_text(path);
	if (!format)
		die("%s: %s", path, strerror(errno));
	t->what = what;
	t->first = pieces[piece].first;
	if (!decode_type(t, format))
		die("%s: a field is missing", path);
	types.common_type = ring_field_find(format, "common_type");
	free(format);

	if (what >= BULK_ALLOC) {
		snprintf(path, sizeof(path), "events/%s/filter", event);
		snprintf(filter, sizeof(filter), "%scount>%u",
			 what == BULK_ALLOC ? "ret!=0&&" : "", t->first);
		put(path, filter);
	}
	snprintf(path, sizeof(path), "events/%s/enable", event);
	put(path, "1");
}

static void add_bulk_types(void)
{
	char event[32];
	unsigned int i;
	int error;

	for (i = 0; i < PIECES; i++) {
		error = define_free(i);
		if (error)
			die("a probe on kmem_cache_free_bulk: %s",
			    strerror(-error));
		snprintf(event, sizeof(event), "zmem/free%u", i);
		add_type(BULK_FREE, event, i);
	}
	for (i = 0; i < PIECES; i++) {
		error = define_alloc(i);
		if (error) {
			warn("a probe on kmem_cache_alloc_bulk: %s; its objects will be missing",
			     strerror(-error));
			return;
		}
		bulk_alloc_seen = true;
		snprintf(event, sizeof(event), "zmem/alloc%u", i);
		add_type(BULK_ALLOC, event, i);
	}
}

static void read_layout(void)
{
	char *text = read_text(TRACEFS "/events/header_page");

	if (!text)
		die(TRACEFS "/events/header_page: %s", strerror(errno));
	if (ring_layout_read(&layout, text))
		die(TRACEFS "/events/header_page: not understood");
	free(text);
}

static void cleanup(void)
{
	rmdir(INSTANCE);
	undefine();
}

/* Turns everything on; recording begins with the last line. */
void capture_start(unsigned long buffer_kib)
{
	char number[32];

	if (access(TRACEFS "/trace", F_OK) &&
	    mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		die(TRACEFS ": %s", strerror(errno));
	cleanup();
	if (mkdir(INSTANCE, 0700))
		die(INSTANCE ": %s", strerror(errno));
	atexit(cleanup);
	put("tracing_on", "0");
	put("trace_clock", "global");
	snprintf(number, sizeof(number), "%lu", buffer_kib);
	put("buffer_size_kb", number);
	read_layout();
	add_type(KMALLOC, "kmem/kmalloc", 0);
	add_type(KFREE, "kmem/kfree", 0);
	add_type(CACHE_ALLOC, "kmem/kmem_cache_alloc", 0);
	add_type(CACHE_FREE, "kmem/kmem_cache_free", 0);
	add_bulk_types();
	put("tracing_on", "1");
}

void capture_stop(void)
{
	put("tracing_on", "0");
	put("events/enable", "0");
}

void capture_end(void)
{
	cleanup();
}

unsigned int capture_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_CONF);
}

/* The sum over all CPUs of what stands behind @key in their statistics. */
static uint64_t stats_sum(const char *key)
{
	char path[128];
	uint64_t sum = 0;
	unsigned int cpu;
	char *text, *p;

	for (cpu = 0; cpu < capture_cpus(); cpu++) {
		snprintf(path, sizeof(path), INSTANCE "/per_cpu/cpu%u/stats",
			 cpu);
		text = read_text(path);
		if (!text)
			continue;
		p = strstr(text, key);
		if (p)
			sum += strtoull(p + strlen(key), NULL, 10);
		free(text);
	}
	return sum;
}

uint64_t capture_entries(void)
{
	return stats_sum("entries: ");
}

/* Events that the buffer had no room for; "commit overrun" counts too. */
uint64_t capture_losses(void)
{
	return stats_sum("\noverrun: ") + stats_sum("commit overrun: ") +
	       stats_sum("dropped events: ");
}

/* Bulk calls that a probe did not take, being in another probe already. */
uint64_t capture_missed(void)
{
	char *text = read_text(TRACEFS "/kprobe_profile"), *line, *rest;
	unsigned long long hit, missed;
	uint64_t sum = 0;
	char name[64];

	if (!text)
		die(TRACEFS "/kprobe_profile: %s", strerror(errno));
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (sscanf(line, "%63s %llu %llu", name, &hit, &missed) == 3 &&
		    (!strcmp(name, "free0") || !strcmp(name, "alloc0")))
			sum += missed;
	free(text);
	return sum;
}

static void on_event(void *calls, uint64_t time, const uint8_t *event,
		     unsigned int length)
{
	decode_event(&types, calls, time, event, length);
}

/* All that a CPU's buffer has. */
void capture_read(unsigned int cpu, struct calls *calls)
{
	size_t room = layout.data.offset + layout.data.size;
	uint8_t *page = xalloc(room);
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), INSTANCE "/per_cpu/cpu%u/trace_pipe_raw",
		 cpu);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	while ((n = read(fd, page, room)) > 0)
		if (ring_page_walk(&layout, page, n, on_event, calls))
			die("%s: not understood", path);
	if (n < 0 && errno != EAGAIN)
		die("%s: %s", path, strerror(errno));
	close(fd);
	free(page);
}
