// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The reader of allocation streams: what it refuses, and with which error. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "core/stream.h"

#define CACHES	3
#define EVENTS	8
#define OBJECTS	3
#define ANY	(ZMEM_STREAM_NODE_ANY << ZMEM_STREAM_NODE_SHIFT)

/* A whole stream, as it lies in memory. */
struct sample {
	struct zmem_stream_header header;
	struct zmem_stream_cache caches[CACHES];
	struct zmem_stream_event events[EVENTS];
	struct zmem_stream_trailer trailer;
};

static void set_cache(struct zmem_stream_cache *c, const char *name, u32 req,
		      u32 alloc, u32 align, u32 flags)
{
	strscpy(c->name, name, sizeof(c->name));
	strscpy(c->site, "somewhere+0x10", sizeof(c->site));
	c->bytes_req = __cpu_to_le32(req);
	c->bytes_alloc = __cpu_to_le32(alloc);
	c->align = __cpu_to_le32(align);
	c->flags = __cpu_to_le32(flags);
}

static void set_event(struct zmem_stream_event *e, u32 object, u32 size,
		      u16 cache, u8 kind)
{
	e->delta_ns = __cpu_to_le32(100);
	e->object = __cpu_to_le32(object);
	e->size = __cpu_to_le32(size);
	e->cache = __cpu_to_le16(cache);
	e->cpu = object & 1;
	e->kind = kind;
}

static void sign(struct sample *s)
{
	s->trailer.crc = __cpu_to_le32(zmem_stream_crc(0, s, offsetof(struct sample, trailer)));
}

/* Eight events, one live object in the end; the peak is after the fifth. */
static struct sample *make_sample(struct kunit *test)
{
	struct sample *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct zmem_stream_header *h;

	KUNIT_ASSERT_NOT_NULL(test, s);
	h = &s->header;
	memcpy(h->magic, ZMEM_STREAM_MAGIC, sizeof(h->magic));
	h->version = __cpu_to_le32(ZMEM_STREAM_VERSION);
	h->header_bytes = __cpu_to_le32(sizeof(s->header));
	h->cache_bytes = __cpu_to_le32(sizeof(s->caches[0]));
	h->event_bytes = __cpu_to_le32(sizeof(s->events[0]));
	h->trailer_bytes = __cpu_to_le32(sizeof(s->trailer));
	h->nr_caches = __cpu_to_le32(CACHES);
	h->nr_objects = __cpu_to_le32(OBJECTS);
	h->nr_cpus = __cpu_to_le32(2);
	h->nr_nodes = __cpu_to_le32(2);
	h->nr_events = __cpu_to_le64(EVENTS);
	h->forced = __cpu_to_le64(1);
	strscpy(h->release, "6.12.0", sizeof(h->release));

	set_cache(&s->caches[0], "dentry", 192, 192, 8, ZMEM_STREAM_NAMED);
	set_cache(&s->caches[1], "kmalloc-64", 60, 64, 0, ZMEM_STREAM_KMALLOC);
	set_cache(&s->caches[2], "large", 9000, 16384, 0,
		  ZMEM_STREAM_KMALLOC | ZMEM_STREAM_LARGE);

	set_event(&s->events[0], 0, 192, 0, ZMEM_STREAM_ALLOC | ANY);
	set_event(&s->events[1], 1, 33, 1,
		  ZMEM_STREAM_ALLOC | 1 << ZMEM_STREAM_NODE_SHIFT);
	set_event(&s->events[2], 1, 33, 1, ZMEM_STREAM_FREE | ANY);
	set_event(&s->events[3], 1, 60, 1, ZMEM_STREAM_ALLOC | ANY);
	set_event(&s->events[4], 2, 9000, 2, ZMEM_STREAM_ALLOC | ANY);
	set_event(&s->events[5], 2, 9000, 2, ZMEM_STREAM_FREE | ANY);
	set_event(&s->events[6], 0, 192, 0,
		  ZMEM_STREAM_FREE | ZMEM_STREAM_FORCED | ANY);
	set_event(&s->events[7], 0, 192, 0,
		  ZMEM_STREAM_ALLOC | ZMEM_STREAM_BULK | ANY);

	memcpy(s->trailer.magic, ZMEM_STREAM_END, sizeof(s->trailer.magic));
	s->trailer.nr_events = h->nr_events;
	s->trailer.live = __cpu_to_le32(2);
	sign(s);
	return s;
}

static int read_in_steps(const void *bytes, size_t length, u64 step,
			 struct zmem_stream_totals *totals)
{
	struct zmem_stream_object objects[EVENTS + 1] = {};
	struct zmem_stream_fault fault = {};
	struct zmem_stream stream;
	int error;

	memset(totals, 0, sizeof(*totals));
	error = zmem_stream_open(&stream, bytes, length, &fault);
	while (!error) {
		error = zmem_stream_walk(&stream, step, objects, totals, &fault);
		if (totals->next == stream.nr_events)
			break;
	}
	if (error && !fault.message)
		return 1;
	return error;
}

static int read_sample(const struct sample *s)
{
	struct zmem_stream_totals totals;

	return read_in_steps(s, sizeof(*s), EVENTS, &totals);
}

static void good(struct kunit *test)
{
	struct sample *s = make_sample(test);
	struct zmem_stream_totals t;
	u64 step;

	for (step = 1; step <= EVENTS + 1; step++) {
		KUNIT_EXPECT_EQ(test, read_in_steps(s, sizeof(*s), step, &t), 0);
		KUNIT_EXPECT_EQ(test, t.next, (u64)EVENTS);
		KUNIT_EXPECT_EQ(test, t.allocs, 5ULL);
		KUNIT_EXPECT_EQ(test, t.frees, 3ULL);
		KUNIT_EXPECT_EQ(test, t.bulk, 1ULL);
		KUNIT_EXPECT_EQ(test, t.live, 2ULL);
		KUNIT_EXPECT_EQ(test, t.requested, 252ULL);
		KUNIT_EXPECT_EQ(test, t.allocated, 256ULL);
		KUNIT_EXPECT_EQ(test, t.peak, 5ULL);
		KUNIT_EXPECT_EQ(test, t.peak_live, 3ULL);
		KUNIT_EXPECT_EQ(test, t.peak_requested, 9252ULL);
		KUNIT_EXPECT_EQ(test, t.peak_allocated, 16640ULL);
	}
}

static void no_events(struct kunit *test)
{
	struct sample *s = make_sample(test);
	struct zmem_stream_totals t;
	size_t end = offsetof(struct sample, events);

	s->header.nr_events = 0;
	s->header.nr_objects = 0;
	s->header.forced = 0;
	s->trailer.nr_events = 0;
	s->trailer.live = 0;
	s->trailer.crc = __cpu_to_le32(zmem_stream_crc(0, s, end));
	memmove(s->events, &s->trailer, sizeof(s->trailer));
	KUNIT_EXPECT_EQ(test, read_in_steps(s, end + sizeof(s->trailer), 1, &t), 0);
}

/* The buffer is no longer than the stream, so that KASAN or ASan looks on. */
static void truncated(struct kunit *test)
{
	struct sample *s = make_sample(test);
	struct zmem_stream_totals t;
	size_t length;
	void *bytes;

	for (length = 0; length < sizeof(*s); length++) {
		bytes = kunit_kmalloc(test, length ?: 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, bytes);
		memcpy(bytes, s, length);
		KUNIT_EXPECT_EQ_MSG(test, read_in_steps(bytes, length, EVENTS, &t),
				    -ENODATA, "%zu bytes", length);
		kunit_kfree(test, bytes);
	}
}

static void trailing(struct kunit *test)
{
	struct sample *s = make_sample(test);
	struct zmem_stream_totals t;
	u8 *bytes = kunit_kzalloc(test, sizeof(*s) + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	memcpy(bytes, s, sizeof(*s));
	KUNIT_EXPECT_EQ(test, read_in_steps(bytes, sizeof(*s) + 1, EVENTS, &t), -EMSGSIZE);
}

/* No single bit may change unseen. */
static void flipped(struct kunit *test)
{
	struct sample *s = make_sample(test);
	u8 *bytes = (u8 *)s;
	size_t bit;

	for (bit = 0; bit < sizeof(*s) * 8; bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_LT_MSG(test, read_sample(s), 0, "bit %zu", bit);
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	KUNIT_EXPECT_EQ(test, read_sample(s), 0);
}

/* A wrong value somewhere, under a right checksum. */
struct wrong {
	const char *what;
	size_t offset;
	unsigned int bytes;
	u64 value;
	int error;
};

#define AT(_field)	offsetof(struct sample, _field)

static const struct wrong wrongs[] = {
	{ "magic", AT(header.magic[0]), 1, 'Z', -ENOEXEC },
	{ "version", AT(header.version), 4, 2, -EPROTONOSUPPORT },
	{ "header_bytes", AT(header.header_bytes), 4, 255, -EPROTO },
	{ "cache_bytes", AT(header.cache_bytes), 4, 0, -EPROTO },
	{ "event_bytes", AT(header.event_bytes), 4, 24, -EPROTO },
	{ "trailer_bytes", AT(header.trailer_bytes), 4, 25, -EPROTO },
	{ "flags", AT(header.flags), 4, 1, -EINVAL },
	{ "header.reserved", AT(header.reserved[87]), 1, 1, -EINVAL },
	{ "release, not text", AT(header.release[0]), 1, 7, -EINVAL },
	{ "release, hidden bytes", AT(header.release[63]), 1, 'x', -EINVAL },
	{ "nr_caches, many", AT(header.nr_caches), 4, 4097, -E2BIG },
	{ "nr_caches, one more", AT(header.nr_caches), 4, CACHES + 1, -ENODATA },
	{ "nr_caches, one less", AT(header.nr_caches), 4, CACHES - 1, -EMSGSIZE },
	{ "nr_cpus, many", AT(header.nr_cpus), 4, 257, -E2BIG },
	{ "nr_nodes, many", AT(header.nr_nodes), 4, 32, -E2BIG },
	{ "nr_events, overflow", AT(header.nr_events), 8, ~0ULL, -EOVERFLOW },
	{ "nr_events, wraps to 0", AT(header.nr_events), 8, 1ULL << 60, -EOVERFLOW },
	{ "nr_events, many", AT(header.nr_events), 8, (16ULL << 20) + 1, -E2BIG },
	{ "nr_events, one more", AT(header.nr_events), 8, EVENTS + 1, -ENODATA },
	{ "nr_objects, many", AT(header.nr_objects), 4, EVENTS + 1, -E2BIG },
	{ "forced", AT(header.forced), 8, 2, -EUCLEAN },
	{ "cache without a name", AT(caches[0].name[0]), 1, 0, -EINVAL },
	{ "name without an end", AT(caches[0].name[31]), 1, 'x', -EINVAL },
	{ "site, not text", AT(caches[1].site[3]), 1, 0x80, -EINVAL },
	{ "cache flags", AT(caches[2].flags), 4, 0x10, -EINVAL },
	{ "cache.reserved", AT(caches[2].reserved[15]), 1, 1, -EINVAL },
	{ "cache of no bytes", AT(caches[0].bytes_req), 4, 0, -EDOM },
	{ "cache of too few bytes", AT(caches[0].bytes_alloc), 4, 191, -EDOM },
	{ "cache of too many bytes", AT(caches[0].bytes_alloc), 4, (4 << 20) + 1, -EDOM },
	{ "align, odd", AT(caches[0].align), 4, 24, -EDOM },
	{ "align, large", AT(caches[0].align), 4, 8192, -EDOM },
	{ "cache out of range", AT(events[0].cache), 2, CACHES, -ECHRNG },
	{ "object out of range", AT(events[0].object), 4, OBJECTS, -ERANGE },
	{ "object far out", AT(events[4].object), 4, ~0U, -ERANGE },
	{ "CPU out of range", AT(events[0].cpu), 1, 2, -ENXIO },
	{ "node out of range", AT(events[0].kind), 1, 2 << ZMEM_STREAM_NODE_SHIFT, -ENODEV },
	{ "no bytes", AT(events[1].size), 4, 0, -EDOM },
	{ "too many bytes", AT(events[1].size), 4, 61, -EDOM },
	{ "too few for an object", AT(events[0].size), 4, 191, -EDOM },
	{ "forced allocation", AT(events[0].kind), 1, ANY | ZMEM_STREAM_FORCED, -EINVAL },
	{ "free with a node", AT(events[2].kind), 1, ZMEM_STREAM_FREE, -EINVAL },
	{ "live object", AT(events[3].object), 4, 0, -EEXIST },
	{ "dead object", AT(events[2].object), 4, 2, -ENOENT },
	{ "free of another size", AT(events[2].size), 4, 34, -ESTALE },
	{ "free of another cache", AT(events[2].cache), 2, 2, -ESTALE },
	{ "end magic", AT(trailer.magic[0]), 1, 'Z', -EUCLEAN },
	{ "end count", AT(trailer.nr_events), 8, EVENTS + 1, -EUCLEAN },
	{ "end live", AT(trailer.live), 4, 1, -EUCLEAN },
};

/* The last that is right, or wrong in another way than the next. */
static const struct wrong edges[] = {
	{ "most caches", AT(header.nr_caches), 4, 4096, -ENODATA },
	{ "most CPUs", AT(header.nr_cpus), 4, 256, 0 },
	{ "most nodes", AT(header.nr_nodes), 4, 31, 0 },
	{ "most events", AT(header.nr_events), 8, 16ULL << 20, -ENODATA },
	{ "events that have a size", AT(header.nr_events), 8, ~0ULL / 16 / 2, -E2BIG },
	{ "events that have none", AT(header.nr_events), 8, ~0ULL / 16 / 2 + 1, -EOVERFLOW },
	{ "an object each event", AT(header.nr_objects), 4, EVENTS, 0 },
	{ "release, first character", AT(header.release[0]), 1, ' ' + 1, 0 },
	{ "largest object", AT(caches[2].bytes_alloc), 4, 4 << 20, 0 },
	{ "least alignment", AT(caches[1].align), 4, 1, 0 },
	{ "largest alignment", AT(caches[1].align), 4, 4096, 0 },
	{ "all of an object", AT(events[3].size), 4, 60, 0 },
	{ "a byte of it", AT(events[3].size), 4, 1, 0 },
};

static void change(struct kunit *test, struct sample *s, const struct wrong *list, size_t nr)
{
	const struct wrong *w;
	u8 was[8], *at;
	__le64 value;
	size_t i;

	for (i = 0; i < nr; i++) {
		w = &list[i];
		at = (u8 *)s + w->offset;
		value = __cpu_to_le64(w->value);
		memcpy(was, at, w->bytes);
		memcpy(at, &value, w->bytes);
		sign(s);
		KUNIT_EXPECT_EQ_MSG(test, read_sample(s), w->error, "%s", w->what);
		memcpy(at, was, w->bytes);
	}
	sign(s);
	KUNIT_EXPECT_EQ(test, read_sample(s), 0);
}

static void refused(struct kunit *test)
{
	struct sample *s = make_sample(test);

	change(test, s, wrongs, ARRAY_SIZE(wrongs));
	change(test, s, edges, ARRAY_SIZE(edges));
	s->trailer.crc ^= __cpu_to_le32(1);
	KUNIT_EXPECT_EQ(test, read_sample(s), -EBADMSG);
}

/* The value that everybody's CRC-32 has for these nine bytes. */
static void checksum(struct kunit *test)
{
	u32 crc = zmem_stream_crc(0, "1234", 4);

	KUNIT_EXPECT_EQ(test, zmem_stream_crc(0, "123456789", 9), 0xcbf43926u);
	KUNIT_EXPECT_EQ(test, zmem_stream_crc(crc, "56789", 5), 0xcbf43926u);
	KUNIT_EXPECT_EQ(test, zmem_stream_crc(7, "", 0), 7u);
}

/* The usual CRC-32, bit by bit. */
static u32 crc_of_byte(u32 crc, u8 byte)
{
	int bit;

	crc = ~crc ^ byte;
	for (bit = 0; bit < 8; bit++)
		crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	return ~crc;
}

static void crc_is_the_usual_one(struct kunit *test)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, zmem_stream_crc(0, "123456789", 9), 0xcbf43926);
	for (i = 0; i < 256; i++) {
		u8 byte = i;

		KUNIT_EXPECT_EQ(test, zmem_stream_crc(0, &byte, 1), crc_of_byte(0, byte));
	}
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE(crc_is_the_usual_one),
	KUNIT_CASE(good),
	KUNIT_CASE(no_events),
	KUNIT_CASE(truncated),
	KUNIT_CASE(trailing),
	KUNIT_CASE(flipped),
	KUNIT_CASE(refused),
	KUNIT_CASE(checksum),
	{}
};

static struct kunit_suite stream_suite = {
	.name = "zmem_stream",
	.test_cases = stream_cases,
};

kunit_test_suite(stream_suite);
