/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A small allocation stream, made for a test. */
#ifndef ZMEM_TEST_STREAM_H
#define ZMEM_TEST_STREAM_H

#include <stdint.h>
#include <string.h>
#include <linux/zmem_stream.h>

#define STREAM_CACHES	3
#define STREAM_EVENTS	24

struct test_stream {
	struct zmem_stream_header header;
	struct zmem_stream_cache caches[STREAM_CACHES];
	struct zmem_stream_event events[STREAM_EVENTS];
	struct zmem_stream_trailer trailer;
};

static inline uint32_t stream_crc(const void *data, size_t size)
{
	const uint8_t *byte = data;
	uint32_t crc = ~0u;
	int bit;

	for (; size--; byte++) {
		crc ^= *byte;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* Of objects, of sizes, and of runs of @large bytes; from any node and from one. */
static inline void stream_make(struct test_stream *s, uint32_t large)
{
	static const struct zmem_stream_cache kinds[STREAM_CACHES] = {
		{ .name = "objects", .bytes_req = 100, .bytes_alloc = 104, .align = 8 },
		{ .name = "sizes", .bytes_req = 64, .bytes_alloc = 64,
		  .flags = ZMEM_STREAM_KMALLOC },
		{ .name = "runs", .flags = ZMEM_STREAM_KMALLOC | ZMEM_STREAM_LARGE },
	};
	uint32_t n, live = STREAM_EVENTS / 2;

	memset(s, 0, sizeof(*s));
	memcpy(s->header.magic, ZMEM_STREAM_MAGIC, 8);
	s->header.version = ZMEM_STREAM_VERSION;
	s->header.header_bytes = sizeof(s->header);
	s->header.cache_bytes = sizeof(s->caches[0]);
	s->header.event_bytes = sizeof(s->events[0]);
	s->header.trailer_bytes = sizeof(s->trailer);
	s->header.nr_caches = STREAM_CACHES;
	s->header.nr_objects = STREAM_EVENTS;
	s->header.nr_cpus = 2;
	s->header.nr_nodes = 2;
	s->header.nr_events = STREAM_EVENTS;
	s->header.seen = STREAM_EVENTS;
	memcpy(s->header.release, "test", 5);
	memcpy(s->caches, kinds, sizeof(kinds));
	s->caches[2].bytes_req = large;
	s->caches[2].bytes_alloc = large;
	for (n = 0; n < STREAM_EVENTS; n++) {
		struct zmem_stream_event *e = &s->events[n];

		e->object = n % 18;
		e->cache = n % 18 % STREAM_CACHES;
		e->size = s->caches[e->cache].bytes_req;
		e->cpu = n % 2;
		/* The last six free the first six. */
		if (n < 18)
			e->kind = (n % 2 ? 0 : ZMEM_STREAM_NODE_ANY) <<
				  ZMEM_STREAM_NODE_SHIFT | ZMEM_STREAM_ALLOC;
		else
			e->kind = ZMEM_STREAM_NODE_ANY << ZMEM_STREAM_NODE_SHIFT |
				  ZMEM_STREAM_FREE;
	}
	memcpy(s->trailer.magic, ZMEM_STREAM_END, 8);
	s->trailer.nr_events = STREAM_EVENTS;
	s->trailer.live = live;
	s->trailer.crc = stream_crc(s, sizeof(*s) - sizeof(s->trailer));
}

#endif /* ZMEM_TEST_STREAM_H */
