// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Replays an allocation stream through zmem and through kmem_cache and
 * kmalloc, both in the kernel, and prints the two side by side.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "replay.h"
#include "tool.h"

const char *tool_name = "zmem-replay";

static void *bytes;
static size_t length;
static int device = -1;

static void usage(void)
{
	fputs("usage: zmem-replay [OPTION]... STREAM\n"
	      "  -n, --repeats=N     passes that are timed (11)\n"
	      "  -a, --account       no times\n"
	      "  -t, --time          nothing but times\n"
	      "  -c, --caches        also a line for each cache\n"
	      "  -w, --touch         write to each object\n"
	      "  -j, --json=FILE     also as JSON\n", stderr);
	exit(2);
}

/* Refusals by the kernel come with the place in the stream. */
static void refused(const struct zmem_replay *arg, int error)
{
	if (arg->fault)
		die("the kernel refuses the stream at %llu: %s",
		    (unsigned long long)arg->fault, strerror(error));
	die("replay: %s", strerror(error));
}

static void replay(struct zmem_replay *arg)
{
	arg->stream = (uintptr_t)bytes;
	arg->stream_bytes = length;
	if (ioctl(device, ZMEM_IOC_REPLAY, arg))
		refused(arg, errno);
}

static __u64 slab_number(const char *cache, const char *file)
{
	char path[128];
	__u64 value;
	char *text;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/%s", cache, file);
	text = read_text(path);
	if (!text)
		return UNKNOWN;
	value = strtoull(text, NULL, 10);
	free(text);
	return value;
}

/* Nodes that have or may get memory: the last number of a list as "0-1". */
static __u64 count_nodes(void)
{
	char *text = read_text("/sys/devices/system/node/online"), *p = text;
	__u64 last = 0;

	while (p && *p)
		if (strchr("0123456789", *p))
			last = strtoull(p, &p, 10);
		else
			p++;
	free(text);
	return last + 1;
}

/*
 * What the kernel keeps for a cache besides slabs, without what cannot be
 * read: CPUs' shares, the order of free objects, sysfs.
 */
static __u64 kernel_overhead(void)
{
	__u64 cache = slab_number("kmem_cache", "slab_size");
	__u64 node = slab_number("kmem_cache_node", "slab_size");

	if (cache == UNKNOWN || node == UNKNOWN)
		return 0;
	return cache + count_nodes() * node;
}

/* What the kernel holds in a cache: slabs times pages, and the cache. */
static void ask_kernel(struct zmem_replay_cache *c)
{
	__u64 order = slab_number(c->name, "order");
	__u64 size = slab_number(c->name, "slab_size");

	c->slabs = slab_number(c->name, "slabs");
	if (c->slabs == UNKNOWN || order > 20 || size == UNKNOWN)
		return;
	c->size = size;
	c->allocated = c->live * size;
	c->held = (c->slabs * sysconf(_SC_PAGESIZE)) << order;
	c->held += kernel_overhead();
}

static void sum_kernel(struct stop *s)
{
	struct zmem_replay_cache *c = s->cache;
	__u64 allocated = 0, held = 0;
	unsigned int i;

	for (i = 0; i < s->replay.nr_caches; i++, c++) {
		if (c->allocated == UNKNOWN)
			ask_kernel(c);
		if (c->held == UNKNOWN)
			return;
		allocated += c->allocated;
		held += c->held;
	}
	s->replay.allocated = allocated;
	s->replay.held = held;
}

/* Replays up to an event and looks at what is there then. */
static void stop_at(const struct report *r, const struct side *side,
		    struct stop *s, __u64 event, __u32 flags)
{
	__u32 room = r->stream->nr_caches + 64;

	s->cache = xalloc(room * sizeof(*s->cache));
	s->replay = (struct zmem_replay){
		.stop_at = event,
		.caches = (uintptr_t)s->cache,
		.nr_caches = room,
		.target = side->target,
		.flags = flags | ZMEM_REPLAY_CPUS | ZMEM_REPLAY_CLASSES |
			 ZMEM_REPLAY_HOLD,
		.repeats = 1,
	};
	replay(&s->replay);
	if (s->replay.nr_caches > room)
		die("more caches than the stream has");
	if (side->target == ZMEM_REPLAY_KMEM)
		sum_kernel(s);
	close(s->replay.fd);
}

static void account(struct report *r, struct side *side, __u32 flags)
{
	printf("# %s: accounts\n", side->name);
	fflush(stdout);
	stop_at(r, side, &side->peak, r->totals->peak, flags);
	stop_at(r, side, &side->end, 0, flags);
}

static void timed(struct zmem_replay *arg, __u32 target, const char *name,
		  __u32 repeats, __u32 flags)
{
	printf("# %s: %u timed passes\n", name, repeats);
	fflush(stdout);
	*arg = (struct zmem_replay){
		.target = target,
		.repeats = repeats,
		.flags = flags,
	};
	replay(arg);
}

static void pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void load(const char *path, struct zmem_stream *s,
		 struct zmem_stream_totals *t)
{
	struct zmem_stream_fault fault = { 0 };
	struct zmem_stream_object *objects;

	bytes = read_stream(path, &length);
	if (zmem_stream_open(s, bytes, length, &fault))
		die("%s: at byte %llu: %s", path,
		    (unsigned long long)fault.where, fault.message);
	objects = xalloc(s->nr_objects * sizeof(*objects));
	if (zmem_stream_walk(s, s->nr_events, objects, t, &fault))
		die("%s: at event %llu: %s", path,
		    (unsigned long long)fault.where, fault.message);
	free(objects);
	if (!s->nr_events)
		die("%s: no events", path);
}

struct options {
	__u32 repeats, flags;
	bool account, time, caches;
	const char *json;
};

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {
		{ "repeats", required_argument, NULL, 'n' },
		{ "account", no_argument, NULL, 'a' },
		{ "time", no_argument, NULL, 't' },
		{ "caches", no_argument, NULL, 'c' },
		{ "touch", no_argument, NULL, 'w' },
		{ "json", required_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "n:atcwj:", names, NULL)) != -1) {
		switch (c) {
		case 'n':
			o->repeats = strtoul(optarg, NULL, 10);
			break;
		case 'a':
			o->time = false;
			break;
		case 't':
			o->account = false;
			break;
		case 'c':
			o->caches = true;
			break;
		case 'w':
			o->flags |= ZMEM_REPLAY_TOUCH;
			break;
		case 'j':
			o->json = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind != argc - 1 || !o->repeats ||
	    o->repeats > ZMEM_REPLAY_REPEATS_MAX || (!o->time && !o->account))
		usage();
}

static void measure(struct report *r, const struct options *o)
{
	if (o->account) {
		account(r, &r->zmem, o->flags);
		account(r, &r->kmem, o->flags);
	}
	if (!o->time)
		return;
	pin();
	timed(&r->null, ZMEM_REPLAY_NULL, "null", o->repeats, o->flags);
	timed(&r->zmem.timed, ZMEM_REPLAY_ZMEM, r->zmem.name, o->repeats,
	      o->flags);
	timed(&r->kmem.timed, ZMEM_REPLAY_KMEM, r->kmem.name, o->repeats,
	      o->flags);
}

static void write_json(const struct report *r, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		die("%s: %s", path, strerror(errno));
	print_json(f, r);
	if (fflush(f) || ferror(f) || fclose(f))
		die("%s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	struct options o = { .repeats = 11, .account = true, .time = true };
	struct zmem_stream_totals totals = { 0 };
	struct zmem_stream stream;
	struct report r = {
		.stream = &stream,
		.totals = &totals,
		.zmem = { .name = "zmem", .target = ZMEM_REPLAY_ZMEM },
		.kmem = { .name = "kmem_cache", .target = ZMEM_REPLAY_KMEM },
	};

	parse(argc, argv, &o);
	r.path = argv[optind];
	r.accounted = o.account;
	r.timed = o.time;
	load(r.path, &stream, &totals);
	device = open_device();
	measure(&r, &o);
	print_report(&r);
	if (o.caches && o.account) {
		print_caches(&r.zmem, &r.zmem.peak, "at the peak");
		print_caches(&r.kmem, &r.kmem.peak, "at the peak");
		print_caches(&r.zmem, &r.zmem.end, "at the end");
	}
	if (o.json)
		write_json(&r, o.json);
	check_output();
	return 0;
}
