// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Makes streams:
 *
 *	stream-make raw RAW STREAM [CALLS]	of a preload recording
 *	stream-make cut STREAM STREAM EVENTS	the first events of a stream
 *
 * Both round times down to some microseconds, which a replay does not need
 * any finer and which compresses twice as well.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/zmem_stream.h>
#include "../../zmem/core/stream.h"
#include "../tools/record.h"
#include "../tools/tool.h"
#include "raw.h"

#define TIME_MASK	(~0xfffull)

const char *tool_name = "stream-make";

static void usage(void)
{
	fputs("usage: stream-make raw RAW STREAM [CALLS]\n"
	      "       stream-make cut STREAM STREAM EVENTS\n", stderr);
	exit(2);
}

/*
 * What glibc makes of a request, in classes, since a stream has one cache for
 * each: chunks of 16 bytes up to 1 KiB, then four to a power of two.
 */
static uint32_t class_bytes(uint32_t size)
{
	uint32_t bytes = (size + 8 + 15) & ~15u, step = 16;

	if (bytes < 32)
		return 32;
	if (bytes > 1024)
		step = 1u << (29 - __builtin_clz(bytes - 1));
	bytes = (bytes + step - 1) & ~(step - 1);
	return bytes < ZMEM_STREAM_SIZE_MAX ? bytes : ZMEM_STREAM_SIZE_MAX;
}

static unsigned int cpus_of(const struct raw_call *raw, size_t count)
{
	unsigned int cpus = 1;
	size_t i;

	for (i = 0; i < count; i++)
		if (raw[i].cpu >= cpus)
			cpus = raw[i].cpu + 1;
	if (cpus > ZMEM_STREAM_CPUS_MAX)
		die("more CPUs than a stream has");
	return cpus;
}

/*
 * The calls of each CPU, with times that grow from call to call, so that
 * their order is the recording's.  What is larger than a stream can tell is
 * left out; its free then counts as one of an object from before.
 */
static struct calls *sort_calls(const struct raw_call *raw, size_t count,
				unsigned int cpus)
{
	struct calls *all = xalloc(cpus * sizeof(*all)), *calls;
	uint64_t time = 0;
	size_t i;

	for (i = 0; i < count; i++, raw++) {
		if (raw->size > ZMEM_STREAM_SIZE_MAX)
			continue;
		time = raw->time > time ? raw->time : time + 1;
		calls = &all[raw->cpu];
		calls->call = xgrow(calls->call, calls->count, &calls->room,
				    sizeof(*calls->call));
		calls->call[calls->count++] = (struct call){
			.time = time, .address = raw->address,
			.req = raw->size, .alloc = class_bytes(raw->size),
			.node = -1, .kmalloc = true,
			.kind = raw->size ? ZMEM_STREAM_ALLOC :
					    ZMEM_STREAM_FREE,
		};
	}
	return all;
}

static void open_stream(struct zmem_stream *s, const char *path)
{
	struct zmem_stream_totals totals = { 0 };
	struct zmem_stream_fault fault = { 0 };
	struct zmem_stream_object *objects;
	size_t length;
	void *bytes = read_stream(path, &length);
	int error = zmem_stream_open(s, bytes, length, &fault);

	if (!error) {
		objects = xalloc(s->nr_objects * sizeof(*objects));
		error = zmem_stream_walk(s, s->nr_events, objects, &totals,
					 &fault);
	}
	if (error)
		die("%s: at %llu: %s", path, (unsigned long long)fault.where,
		    fault.message);
}

/* The first @count events, with the counts that are true of them. */
static void shorten(struct zmem_stream *s, struct zmem_stream_event *e,
		    size_t count, struct zmem_stream_header *h,
		    struct zmem_stream_trailer *t)
{
	uint64_t time = 0, rounded = 0, forced = 0;
	uint32_t objects = 0, live = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		time += le32toh(s->events[i].delta_ns);
		e[i] = s->events[i];
		e[i].delta_ns = htole32((time & TIME_MASK) - rounded);
		rounded = time & TIME_MASK;
		live += e[i].kind & ZMEM_STREAM_FREE ? -1 : 1;
		forced += !!(e[i].kind & ZMEM_STREAM_FORCED);
		if (le32toh(e[i].object) >= objects)
			objects = le32toh(e[i].object) + 1;
	}
	*h = *s->header;
	h->nr_events = htole64(count);
	h->nr_objects = htole32(objects);
	h->duration_ns = htole64(time);
	h->forced = htole64(forced);
	*t = *s->trailer;
	t->nr_events = htole64(count);
	t->live = htole32(live);
}

static void cut(const char *from, const char *to, size_t count,
		const char *release)
{
	struct zmem_stream_trailer trailer;
	struct zmem_stream_header header;
	struct zmem_stream_event *events;
	struct zmem_stream s;
	size_t caches, bytes;
	uint32_t crc;
	FILE *f;

	open_stream(&s, from);
	count = count < s.nr_events ? count : s.nr_events;
	bytes = count * sizeof(*events);
	caches = s.nr_caches * sizeof(*s.caches);
	events = xalloc(bytes);
	shorten(&s, events, count, &header, &trailer);
	if (release) {
		memset(header.release, 0, sizeof(header.release));
		memcpy(header.release, release, strlen(release));
	}
	crc = zmem_stream_crc(0, &header, sizeof(header));
	crc = zmem_stream_crc(crc, s.caches, caches);
	trailer.crc = htole32(zmem_stream_crc(crc, events, bytes));
	f = fopen(to, "w");
	if (!f || fwrite(&header, sizeof(header), 1, f) != 1 ||
	    fwrite(s.caches, caches, 1, f) != 1 ||
	    fwrite(events, bytes, 1, f) != 1 ||
	    fwrite(&trailer, sizeof(trailer), 1, f) != 1 || fclose(f))
		die("%s: %s", to, strerror(errno));
}

static void make(const char *from, const char *to, size_t most)
{
	struct recording r = { 0 };
	const struct raw_call *raw;
	size_t length, count, n = 0;
	struct calls *calls;
	unsigned int cpus;

	raw = read_stream(from, &length);
	count = length / sizeof(*raw);
	while (n < count && n < most && raw[n].address)
		n++;
	if (!n)
		die("%s: nothing was recorded", from);
	cpus = cpus_of(raw, n);
	calls = sort_calls(raw, n, cpus);
	match_calls(&r, calls, cpus);
	write_stream(&r, cpus, to);
	cut(to, to, r.happenings, "userspace");
	printf("%s: %zu calls, %zu events, %u live at the end, %llu not matched\n",
	       to, n, r.happenings, r.live,
	       (unsigned long long)(r.unmatched + r.forced));
}

static size_t number(const char *text)
{
	char *end;
	size_t n = strtoul(text, &end, 10);

	if (!n || *end)
		die("'%s' is no count", text);
	return n;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "cut"))
		cut(argv[2], argv[3], number(argv[4]), NULL);
	else if ((argc == 4 || argc == 5) && !strcmp(argv[1], "raw"))
		make(argv[2], argv[3],
		     argc == 5 ? number(argv[4]) : RAW_CALLS_MAX);
	else
		usage();
	return 0;
}
