/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Reading an allocation stream from a buffer: zmem_stream_open() once, then
 * zmem_stream_walk() until all events are through.  Whatever the bytes are,
 * nothing outside of buffer and table is read or written.  No allocation, no
 * lock, no sleep: callers split the walk as they like.
 */
#ifndef _ZMEM_CORE_STREAM_H
#define _ZMEM_CORE_STREAM_H

#include <linux/types.h>
#include <linux/zmem_stream.h>

/*
 * What can be wrong with a stream, an errno each:
 *
 *	ENODATA		truncated
 *	EMSGSIZE	bytes behind the trailer
 *	ENOEXEC		not a stream
 *	EPROTONOSUPPORT	another version
 *	EPROTO		the size of a structure is not this version's
 *	E2BIG		a count beyond its limit
 *	EOVERFLOW	counts whose product is no size
 *	EINVAL		reserved bits or bytes set, or a string without an end
 *	EDOM		a size or an alignment that cannot be
 *	ECHRNG		cache out of range
 *	ERANGE		object out of range
 *	ENXIO		CPU out of range
 *	ENODEV		node out of range
 *	EEXIST		allocation of a live object
 *	ENOENT		free of an object that is not live
 *	ESTALE		a free that differs from its allocation
 *	EUCLEAN		the trailer does not fit what stands before it
 *	EBADMSG		checksum
 */

/**
 * struct zmem_stream_fault - where and why a stream was refused
 * @where: offset of a part before the events, else the event's index
 * @message: a few words, for people
 */
struct zmem_stream_fault {
	__u64 where;
	const char *message;
};

/**
 * struct zmem_stream - a stream in memory
 * @header: the whole buffer
 * @caches: nr_caches of them
 * @events: nr_events of them
 * @trailer: behind the last
 * @nr_events: from the header, as are all that follow
 * @nr_caches: entries
 * @nr_objects: ids
 * @nr_cpus: CPUs
 * @nr_nodes: nodes
 */
struct zmem_stream {
	const struct zmem_stream_header *header;
	const struct zmem_stream_cache *caches;
	const struct zmem_stream_event *events;
	const struct zmem_stream_trailer *trailer;
	__u64 nr_events;
	__u32 nr_caches;
	__u32 nr_objects;
	__u32 nr_cpus;
	__u32 nr_nodes;
};

/* An object's state between two events; zeroed before the first. */
struct zmem_stream_object {
	__u32 size;		/* 0: not live */
	__u32 cache;
};

/**
 * struct zmem_stream_totals - what the events came to, so far
 * @next: the event to look at next
 * @allocs: allocations
 * @frees: frees
 * @bulk: events that were part of bulk calls
 * @forced: frees that were not seen
 * @live: objects
 * @requested: bytes of the live objects as asked for
 * @allocated: bytes of them as the recorded kernel gave
 * @peak: events that lead to the most bytes allocated at once
 * @peak_live: objects then
 * @peak_requested: bytes requested then
 * @peak_allocated: bytes allocated then
 * @crc: running checksum
 */
struct zmem_stream_totals {
	__u64 next;
	__u64 allocs;
	__u64 frees;
	__u64 bulk;
	__u64 forced;
	__u64 live;
	__u64 requested;
	__u64 allocated;
	__u64 peak;
	__u64 peak_live;
	__u64 peak_requested;
	__u64 peak_allocated;
	__u32 crc;
};

int zmem_stream_open(struct zmem_stream *stream, const void *buffer,
		     size_t length, struct zmem_stream_fault *fault);
int zmem_stream_walk(const struct zmem_stream *stream, __u64 count,
		     struct zmem_stream_object *objects,
		     struct zmem_stream_totals *totals,
		     struct zmem_stream_fault *fault);
__u32 zmem_stream_crc(__u32 crc, const void *bytes, size_t length);

#endif /* _ZMEM_CORE_STREAM_H */
