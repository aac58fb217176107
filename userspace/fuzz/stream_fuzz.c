// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The reader of allocation streams, fed with anything.
 *
 * Two bytes in front of the stream say in what steps it is walked; what comes
 * out may not depend on them.  The buffer is exactly as long as the stream, so
 * that AddressSanitizer sees a look behind it.  With the third byte the
 * checksum is put right first: few inputs would have the right one.
 */
#include <stdlib.h>
#include <string.h>

#include <asm/byteorder.h>

#include "input.h"
#include "core/stream.h"

struct outcome {
	int error;
	struct zmem_stream_totals totals;
	struct zmem_stream_fault fault;
};

static void check(bool good)
{
	if (!good)
		abort();
}

/* Objects that the table says are live at the end, and their bytes. */
static void check_live(const struct zmem_stream *s,
		       const struct zmem_stream_object *objects,
		       const struct zmem_stream_totals *t)
{
	__u64 live = 0, requested = 0;
	__u32 i;

	for (i = 0; i < s->nr_objects; i++) {
		live += !!objects[i].size;
		requested += objects[i].size;
	}
	check(live == t->live && requested == t->requested);
	check(t->allocs - t->frees == t->live);
	check(t->peak_live <= t->allocs && t->allocated <= t->peak_allocated);
}

/* A step of 0 would be no step. */
static struct outcome walk(const struct zmem_stream *s, __u64 step)
{
	struct zmem_stream_object *objects;
	struct outcome o = {};

	objects = calloc(s->nr_objects ? s->nr_objects : 1, sizeof(*objects));
	check(objects);
	do {
		o.error = zmem_stream_walk(s, step, objects, &o.totals, &o.fault);
	} while (!o.error && o.totals.next < s->nr_events);
	if (!o.error)
		check(o.totals.next == s->nr_events);
	check_live(s, objects, &o.totals);
	free(objects);
	return o;
}

static void check_same(const struct zmem_stream *s, __u64 step)
{
	struct outcome whole = walk(s, ~0ULL), parts = walk(s, step);

	check(whole.error == parts.error);
	check(whole.totals.next == parts.totals.next);
	check(whole.totals.live == parts.totals.live);
	check(whole.totals.peak_allocated == parts.totals.peak_allocated);
	check(whole.error || whole.totals.crc == parts.totals.crc);
	check(!whole.error || (whole.fault.message == parts.fault.message &&
			       whole.fault.where == parts.fault.where));
}

static void mend(__u8 *buffer, size_t length)
{
	struct zmem_stream_trailer *t;

	if (length < sizeof(*t) || length % 8)
		return;
	t = (void *)(buffer + length - sizeof(*t));
	t->crc = __cpu_to_le32(zmem_stream_crc(0, buffer, length - sizeof(*t)));
}

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	__u64 step = 1 + fuzz_u16(&in);
	bool mended = fuzz_u8(&in) & 1;
	size_t length = in.left;
	struct zmem_stream_fault fault = {};
	struct zmem_stream stream;
	__u8 *buffer = malloc(length);
	int error;

	check(buffer);
	memcpy(buffer, in.bytes, length);
	if (mended)
		mend(buffer, length);
	error = zmem_stream_open(&stream, buffer, length, &fault);
	check(error <= 0 && (!error || fault.message));
	if (!error)
		check_same(&stream, step);
	free(buffer);
	return 0;
}
