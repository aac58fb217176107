// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Replays an allocation stream.  All of it is checked and made into short
 * steps before the clock runs.  Each event is an operation; what is live at the
 * end is freed, and that counts as time only.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../zmem/core/stream.h"
#include "probe.h"

#define SMALLEST	8u	/* touch() writes so much */

const char *stream_path;

struct step {
	uint32_t object;
	uint32_t size;		/* 0: free */
};

struct replay {
	struct step *step;
	uint64_t steps;
	void **object;
	uint32_t objects;
};

static struct replay replay;

static const void *map_file(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *at;

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	*length = st.st_size;
	at = mmap(NULL, *length ? *length : 1, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		die("%s: %s", path, strerror(errno));
	close(fd);
	return at;
}

static void refuse_bad(int error, const struct zmem_stream_fault *fault)
{
	if (error)
		die("%s: at %llu: %s", stream_path,
		    (unsigned long long)fault->where, fault->message);
}

static void check(const struct zmem_stream *s)
{
	struct zmem_stream_object *objects;
	struct zmem_stream_totals totals = { 0 };
	struct zmem_stream_fault fault = { 0 };
	size_t bytes = (s->nr_objects + 1) * sizeof(*objects);

	objects = bench_pages(bytes);
	refuse_bad(zmem_stream_walk(s, s->nr_events, objects, &totals, &fault),
		   &fault);
	munmap(objects, bytes);
	if (!totals.allocs)
		die("%s: no allocation in it", stream_path);
}

static void plan(const struct zmem_stream *s)
{
	const struct zmem_stream_event *e = s->events;
	uint32_t size;
	uint64_t i;

	replay.steps = s->nr_events;
	replay.step = bench_pages(replay.steps * sizeof(*replay.step));
	replay.objects = s->nr_objects;
	replay.object = bench_pages(replay.objects * sizeof(*replay.object));
	for (i = 0; i < s->nr_events; i++, e++) {
		size = le32toh(e->size) < SMALLEST ? SMALLEST : le32toh(e->size);
		replay.step[i].object = le32toh(e->object);
		replay.step[i].size = e->kind & ZMEM_STREAM_FREE ? 0 : size;
	}
}

static void replay_setup(unsigned int threads)
{
	struct zmem_stream_fault fault = { 0 };
	struct zmem_stream s;
	const void *file;
	size_t length;

	if (threads > 1)
		die("replay: has one thread");
	if (!stream_path)
		die("replay: needs a stream (-S)");
	file = map_file(stream_path, &length);
	refuse_bad(zmem_stream_open(&s, file, length, &fault), &fault);
	check(&s);
	plan(&s);
	munmap((void *)file, length);
}

inline_always void replay_once(struct probe *p, uint64_t steps)
{
	const struct step *s = replay.step, *end = s + steps;
	void **at;

	for (; s < end; s++) {
		at = &replay.object[s->object];
		if (s->size) {
			*at = take(p, s->size);
			touch_pages(p, *at, s->size);
			continue;
		}
		give(p, *at);
		*at = NULL;
	}
}

static void replay_rest(struct probe *p)
{
	uint32_t i;

	for (i = 0; i < replay.objects; i++) {
		give(p, replay.object[i]);
		replay.object[i] = NULL;
	}
}

inline_always void replay_body(struct worker *w, struct probe *p)
{
	uint64_t left = w->ops, steps;

	for (; left; left -= steps) {
		steps = left < replay.steps ? left : replay.steps;
		replay_once(p, steps);
		replay_rest(p);
	}
}
TWO_PASSES(replay)

const struct workload stream_workloads[] = {
	{ .name = "replay", .ops = 1000000,
	  .question = "What do real programs' calls cost, in their order and sizes?",
	  .setup = replay_setup, .pass = replay_pass, .probed = replay_probed },
	{ }
};
