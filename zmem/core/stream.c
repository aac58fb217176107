// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The reader of allocation streams, and all that it refuses.
 *
 * A stream comes from anybody.  Each function below looks at one part of it
 * and trusts only what was looked at before: sizes before tables, tables
 * before events.  The checksum is compared last, so that a fuzzer which
 * cannot guess it still reaches all the rest.
 */
#include <linux/errno.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>
#include "stream.h"

#define le32(x)	__le32_to_cpu(x)
#define le64(x)	__le64_to_cpu(x)

static int refuse(struct zmem_stream_fault *fault, int error, __u64 where,
		  const char *message)
{
	fault->where = where;
	fault->message = message;
	return -error;
}

static bool all_zero(const __u8 *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Printable characters, then zeroes up to the end, at least one. */
static bool is_text(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length && text[i]; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return i < length && all_zero((const __u8 *)text + i, length - i);
}

/**
 * zmem_stream_crc() - CRC-32 of some bytes
 * @crc: 0, or the CRC of what stands before them
 * @bytes: the bytes
 * @length: how many
 *
 * Return: the CRC of all so far.
 */
__u32 zmem_stream_crc(__u32 crc, const void *bytes, size_t length)
{
	static const __u32 table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const __u8 *p = bytes;

	for (crc = ~crc; length; length--) {
		crc ^= *p++;
		crc = (crc >> 4) ^ table[crc & 15];
		crc = (crc >> 4) ^ table[crc & 15];
	}
	return ~crc;
}

static int check_layout(const struct zmem_stream_header *h,
			struct zmem_stream_fault *fault)
{
	if (le32(h->version) != ZMEM_STREAM_VERSION)
		return refuse(fault, EPROTONOSUPPORT,
			      offsetof(struct zmem_stream_header, version),
			      "unknown version");
	if (le32(h->header_bytes) != sizeof(struct zmem_stream_header) ||
	    le32(h->cache_bytes) != sizeof(struct zmem_stream_cache) ||
	    le32(h->event_bytes) != sizeof(struct zmem_stream_event) ||
	    le32(h->trailer_bytes) != sizeof(struct zmem_stream_trailer))
		return refuse(fault, EPROTO,
			      offsetof(struct zmem_stream_header, header_bytes),
			      "a structure has another size");
	if (h->flags || !all_zero(h->reserved, sizeof(h->reserved)))
		return refuse(fault, EINVAL,
			      offsetof(struct zmem_stream_header, flags),
			      "reserved bytes of the header are set");
	if (!is_text(h->release, sizeof(h->release)))
		return refuse(fault, EINVAL,
			      offsetof(struct zmem_stream_header, release),
			      "the kernel's release is no text");
	return 0;
}

static int check_counts(const struct zmem_stream *s,
			struct zmem_stream_fault *fault)
{
	if (s->nr_caches > ZMEM_STREAM_CACHES_MAX ||
	    s->nr_cpus > ZMEM_STREAM_CPUS_MAX ||
	    s->nr_nodes > ZMEM_STREAM_NODES_MAX)
		return refuse(fault, E2BIG,
			      offsetof(struct zmem_stream_header, nr_caches),
			      "too many caches, CPUs or nodes");
	if (s->nr_events >
	    ~(__u64)0 / sizeof(struct zmem_stream_event) / 2)
		return refuse(fault, EOVERFLOW,
			      offsetof(struct zmem_stream_header, nr_events),
			      "the events have no size");
	if (s->nr_events >
	    ZMEM_STREAM_BYTES_MAX / sizeof(struct zmem_stream_event))
		return refuse(fault, E2BIG,
			      offsetof(struct zmem_stream_header, nr_events),
			      "too many events");
	if (s->nr_objects > s->nr_events)
		return refuse(fault, E2BIG,
			      offsetof(struct zmem_stream_header, nr_objects),
			      "more objects than events");
	return 0;
}

static int check_cache(const struct zmem_stream_cache *c, __u64 where,
		       struct zmem_stream_fault *fault)
{
	__u32 req = le32(c->bytes_req), alloc = le32(c->bytes_alloc);
	__u32 align = le32(c->align), flags = le32(c->flags);

	if (!is_text(c->name, sizeof(c->name)) ||
	    !is_text(c->site, sizeof(c->site)) || !c->name[0])
		return refuse(fault, EINVAL, where,
			      "a cache's name or call site is no text");
	if (flags & ~ZMEM_STREAM_CACHE_FLAGS ||
	    !all_zero(c->reserved, sizeof(c->reserved)))
		return refuse(fault, EINVAL, where,
			      "reserved bits or bytes of a cache are set");
	if (!req || req > alloc || alloc > ZMEM_STREAM_SIZE_MAX)
		return refuse(fault, EDOM, where,
			      "a cache's object size cannot be");
	if (align > 4096 || align & (align - 1))
		return refuse(fault, EDOM, where,
			      "a cache's alignment cannot be");
	return 0;
}

static int check_trailer(const struct zmem_stream *s, __u64 where,
			 struct zmem_stream_fault *fault)
{
	if (memcmp(s->trailer->magic, ZMEM_STREAM_END,
		   sizeof(s->trailer->magic)))
		return refuse(fault, EUCLEAN, where, "no trailer at the end");
	if (le64(s->trailer->nr_events) != s->nr_events)
		return refuse(fault, EUCLEAN, where,
			      "header and trailer count different events");
	return 0;
}

static int check_tables(const struct zmem_stream *s,
			struct zmem_stream_fault *fault)
{
	__u64 where = sizeof(*s->header);
	__u32 i;
	int error;

	for (i = 0; i < s->nr_caches; i++, where += sizeof(*s->caches)) {
		error = check_cache(&s->caches[i], where, fault);
		if (error)
			return error;
	}
	where += s->nr_events * sizeof(*s->events);
	return check_trailer(s, where, fault);
}

/**
 * zmem_stream_open() - look at all of a stream but its events
 * @stream: filled in
 * @buffer: the stream, at an address divisible by 8; must outlive @stream
 * @length: bytes of it
 * @fault: filled in on error
 *
 * Return: 0, or a negative errno from the list in stream.h.
 */
int zmem_stream_open(struct zmem_stream *stream, const void *buffer,
		     size_t length, struct zmem_stream_fault *fault)
{
	const struct zmem_stream_header *h = buffer;
	__u64 need;
	int error;

	if (length < sizeof(h->magic))
		return refuse(fault, ENODATA, length, "truncated");
	if (memcmp(h->magic, ZMEM_STREAM_MAGIC, sizeof(h->magic)))
		return refuse(fault, ENOEXEC, 0, "not an allocation stream");
	if (length < sizeof(*h))
		return refuse(fault, ENODATA, length, "truncated");
	error = check_layout(h, fault);
	if (error)
		return error;

	stream->header = h;
	stream->nr_events = le64(h->nr_events);
	stream->nr_caches = le32(h->nr_caches);
	stream->nr_objects = le32(h->nr_objects);
	stream->nr_cpus = le32(h->nr_cpus);
	stream->nr_nodes = le32(h->nr_nodes);
	error = check_counts(stream, fault);
	if (error)
		return error;

	need = sizeof(*h) + sizeof(*stream->trailer) +
	       stream->nr_caches * (__u64)sizeof(*stream->caches) +
	       stream->nr_events * sizeof(*stream->events);
	if (length < need)
		return refuse(fault, ENODATA, length, "truncated");
	if (length > need)
		return refuse(fault, EMSGSIZE, need, "bytes behind the end");
	stream->caches = (const void *)(h + 1);
	stream->events = (const void *)(stream->caches + stream->nr_caches);
	stream->trailer = (const void *)(stream->events + stream->nr_events);
	return check_tables(stream, fault);
}

static int check_place(const struct zmem_stream *s,
		       const struct zmem_stream_event *e, __u64 where,
		       struct zmem_stream_fault *fault)
{
	__u32 node = e->kind >> ZMEM_STREAM_NODE_SHIFT;

	if (__le16_to_cpu(e->cache) >= s->nr_caches)
		return refuse(fault, ECHRNG, where, "cache out of range");
	if (le32(e->object) >= s->nr_objects)
		return refuse(fault, ERANGE, where, "object out of range");
	if (e->cpu >= s->nr_cpus)
		return refuse(fault, ENXIO, where, "CPU out of range");
	if (node != ZMEM_STREAM_NODE_ANY && node >= s->nr_nodes)
		return refuse(fault, ENODEV, where, "node out of range");
	return 0;
}

static int check_size(const struct zmem_stream *s,
		      const struct zmem_stream_event *e, __u64 where,
		      struct zmem_stream_fault *fault)
{
	const struct zmem_stream_cache *c = &s->caches[__le16_to_cpu(e->cache)];
	__u32 size = le32(e->size), most = le32(c->bytes_req);

	if (!size || size > most ||
	    (size < most && !(le32(c->flags) & ZMEM_STREAM_KMALLOC)))
		return refuse(fault, EDOM, where,
			      "a size that the cache does not have");
	return 0;
}

static int walk_alloc(const struct zmem_stream *s,
		      const struct zmem_stream_event *e,
		      struct zmem_stream_object *object,
		      struct zmem_stream_totals *t,
		      struct zmem_stream_fault *fault)
{
	if (e->kind & ZMEM_STREAM_FORCED)
		return refuse(fault, EINVAL, t->next, "a forced allocation");
	if (object->size)
		return refuse(fault, EEXIST, t->next,
			      "allocation of a live object");
	object->size = le32(e->size);
	object->cache = __le16_to_cpu(e->cache);
	t->allocs++;
	t->live++;
	t->requested += object->size;
	t->allocated += le32(s->caches[object->cache].bytes_alloc);
	if (t->allocated > t->peak_allocated) {
		t->peak = t->next + 1;
		t->peak_live = t->live;
		t->peak_requested = t->requested;
		t->peak_allocated = t->allocated;
	}
	return 0;
}

static int walk_free(const struct zmem_stream *s,
		     const struct zmem_stream_event *e,
		     struct zmem_stream_object *object,
		     struct zmem_stream_totals *t,
		     struct zmem_stream_fault *fault)
{
	if (e->kind >> ZMEM_STREAM_NODE_SHIFT != ZMEM_STREAM_NODE_ANY)
		return refuse(fault, EINVAL, t->next, "a free with a node");
	if (!object->size)
		return refuse(fault, ENOENT, t->next,
			      "free of an object that is not live");
	if (object->size != le32(e->size) ||
	    object->cache != __le16_to_cpu(e->cache))
		return refuse(fault, ESTALE, t->next,
			      "a free that differs from its allocation");
	t->frees++;
	t->forced += !!(e->kind & ZMEM_STREAM_FORCED);
	t->live--;
	t->requested -= object->size;
	t->allocated -= le32(s->caches[object->cache].bytes_alloc);
	object->size = 0;
	return 0;
}

static int walk_event(const struct zmem_stream *s,
		      const struct zmem_stream_event *e,
		      struct zmem_stream_object *objects,
		      struct zmem_stream_totals *t,
		      struct zmem_stream_fault *fault)
{
	struct zmem_stream_object *object;
	int error;

	error = check_place(s, e, t->next, fault);
	if (error)
		return error;
	error = check_size(s, e, t->next, fault);
	if (error)
		return error;
	t->bulk += !!(e->kind & ZMEM_STREAM_BULK);
	object = &objects[le32(e->object)];
	if ((e->kind & ZMEM_STREAM_KIND) == ZMEM_STREAM_ALLOC)
		return walk_alloc(s, e, object, t, fault);
	return walk_free(s, e, object, t, fault);
}

static int walk_end(const struct zmem_stream *s,
		    const struct zmem_stream_totals *t,
		    struct zmem_stream_fault *fault)
{
	if (le32(s->trailer->live) != t->live)
		return refuse(fault, EUCLEAN, t->next,
			      "the trailer counts other live objects");
	if (le64(s->header->forced) != t->forced)
		return refuse(fault, EUCLEAN, t->next,
			      "the header counts other forced ends");
	if (le32(s->trailer->crc) != t->crc)
		return refuse(fault, EBADMSG, t->next, "wrong checksum");
	return 0;
}

/**
 * zmem_stream_walk() - look at a stream's next events
 * @stream: from zmem_stream_open()
 * @count: at most so many
 * @objects: an entry for each of @stream's objects, zeroed before the first
 *	walk
 * @totals: zeroed before the first walk
 * @fault: filled in on error
 *
 * Return: 0, or a negative errno from the list in stream.h.  The end was
 * reached, and the whole stream is good, when totals.next is nr_events; a
 * stream without events needs one walk too.
 */
int zmem_stream_walk(const struct zmem_stream *stream, __u64 count,
		     struct zmem_stream_object *objects,
		     struct zmem_stream_totals *totals,
		     struct zmem_stream_fault *fault)
{
	const struct zmem_stream_event *e = &stream->events[totals->next];
	int error;

	if (count > stream->nr_events - totals->next)
		count = stream->nr_events - totals->next;
	if (!totals->next)
		totals->crc = zmem_stream_crc(0, stream->header,
					      (const char *)e -
					      (const char *)stream->header);
	totals->crc = zmem_stream_crc(totals->crc, e, count * sizeof(*e));
	for (; count; count--, e++, totals->next++) {
		error = walk_event(stream, e, objects, totals, fault);
		if (error)
			return error;
	}
	if (totals->next < stream->nr_events)
		return 0;
	return walk_end(stream, totals, fault);
}
