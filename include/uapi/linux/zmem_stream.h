/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR MIT) */
/*
 * The allocation stream, version 1, and the ioctl that replays one.
 *
 * A stream is a header, a table of caches, events in order of time, and a
 * trailer; all little endian, each part a multiple of 8 bytes, nothing
 * between them and nothing behind.  Reserved bytes are zero.
 * Documentation/stream.rst has the whole of it.
 */
#ifndef _UAPI_LINUX_ZMEM_STREAM_H
#define _UAPI_LINUX_ZMEM_STREAM_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define ZMEM_STREAM_MAGIC	"zmemstrm"	/* without the 0 behind it */
#define ZMEM_STREAM_END		"zmem-end"	/* likewise */
#define ZMEM_STREAM_VERSION	1

/* Limits; a stream beyond any is refused. */
#define ZMEM_STREAM_BYTES_MAX	(256u << 20)
#define ZMEM_STREAM_CACHES_MAX	4096u
#define ZMEM_STREAM_CPUS_MAX	256u
#define ZMEM_STREAM_NODES_MAX	31u
#define ZMEM_STREAM_SIZE_MAX	(4u << 20)

/**
 * struct zmem_stream_header - the beginning of a stream
 * @magic: ZMEM_STREAM_MAGIC
 * @version: ZMEM_STREAM_VERSION
 * @header_bytes: sizeof(struct zmem_stream_header)
 * @cache_bytes: sizeof(struct zmem_stream_cache)
 * @event_bytes: sizeof(struct zmem_stream_event)
 * @trailer_bytes: sizeof(struct zmem_stream_trailer)
 * @nr_caches: entries of the table of caches
 * @nr_objects: every id is below this; at most @nr_events
 * @nr_cpus: every CPU is below this
 * @nr_nodes: every node is below this
 * @flags: 0
 * @nr_events: events that follow the table
 * @duration_ns: from the first event seen to the last
 * @seen: allocations and frees that the recorder saw, dropped ones and all
 * @dropped: frees of objects from before the recording; not in the stream
 * @unmatched: other frees of objects that were not live; not in the stream
 * @forced: objects ended because another was allocated at their address;
 *	each is a free in the stream, with ZMEM_STREAM_FORCED
 * @lost: objects of bulk calls that the recorder could not see
 * @release: of the kernel that was recorded, padded with zeroes, at least one
 * @reserved: 0
 */
struct zmem_stream_header {
	__u8 magic[8];
	__le32 version;
	__le32 header_bytes;
	__le32 cache_bytes;
	__le32 event_bytes;
	__le32 trailer_bytes;
	__le32 nr_caches;
	__le32 nr_objects;
	__le32 nr_cpus;
	__le32 nr_nodes;
	__le32 flags;
	__le64 nr_events;
	__le64 duration_ns;
	__le64 seen;
	__le64 dropped;
	__le64 unmatched;
	__le64 forced;
	__le64 lost;
	char release[64];
	__u8 reserved[88];
};

/* Flags of struct zmem_stream_cache. */
#define ZMEM_STREAM_KMALLOC	0x01u	/* kmalloc: events vary in size */
#define ZMEM_STREAM_LARGE	0x02u	/* beyond kmalloc's caches: pages */
#define ZMEM_STREAM_NAMED	0x04u	/* the name is the kernel's own */
#define ZMEM_STREAM_CACHE_FLAGS	0x07u

/**
 * struct zmem_stream_cache - a cache that events refer to by index
 * @name: the kernel's name for it, or a derived one; padded with zeroes, at
 *	least one
 * @site: the call site that allocated from it first, or nothing; likewise
 * @bytes_req: size of an object; kmalloc: the most that was asked for
 * @bytes_alloc: what an object took in the recorded kernel
 * @align: alignment of objects, a power of two up to 4096, or 0: not known
 * @flags: ZMEM_STREAM_*
 * @reserved: 0
 */
struct zmem_stream_cache {
	char name[32];
	char site[64];
	__le32 bytes_req;
	__le32 bytes_alloc;
	__le32 align;
	__le32 flags;
	__u8 reserved[16];
};

/* Kinds of events, and what else is in @kind. */
#define ZMEM_STREAM_ALLOC	0u
#define ZMEM_STREAM_FREE	1u
#define ZMEM_STREAM_KIND	0x01u	/* mask of the above */
#define ZMEM_STREAM_BULK	0x02u	/* part of a bulk call */
#define ZMEM_STREAM_FORCED	0x04u	/* free: not seen, but must have been */
#define ZMEM_STREAM_NODE_SHIFT	3	/* node in the upper five bits */
#define ZMEM_STREAM_NODE_ANY	31u	/* no node was asked for; frees */

/**
 * struct zmem_stream_event - an allocation or a free
 * @delta_ns: since the event before; 2^32 - 1 for that long or longer
 * @object: id: free for use again once the object is freed, so that a table
 *	of header.nr_objects holds all live ones
 * @size: bytes requested; a free repeats its allocation's
 * @cache: index in the table; a free repeats its allocation's
 * @cpu: where it happened
 * @kind: ZMEM_STREAM_ALLOC or _FREE, flags, and the node asked for
 */
struct zmem_stream_event {
	__le32 delta_ns;
	__le32 object;
	__le32 size;
	__le16 cache;
	__u8 cpu;
	__u8 kind;
};

/**
 * struct zmem_stream_trailer - the end of a stream
 * @magic: ZMEM_STREAM_END
 * @nr_events: as in the header
 * @live: objects that are still live here
 * @crc: CRC-32 (IEEE 802.3) of all that stands before the trailer
 */
struct zmem_stream_trailer {
	__u8 magic[8];
	__le64 nr_events;
	__le32 live;
	__le32 crc;
};

/* What a replay calls. */
#define ZMEM_REPLAY_NULL	0u	/* nothing: what the walk itself costs */
#define ZMEM_REPLAY_ZMEM	1u
#define ZMEM_REPLAY_KMEM	2u	/* kmem_cache_*() and kmalloc() */

/* Flags of struct zmem_replay. */
#define ZMEM_REPLAY_CPUS	0x01u	/* each event on the CPU it names */
#define ZMEM_REPLAY_TOUCH	0x02u	/* write to each new object */
#define ZMEM_REPLAY_CLASSES	0x04u	/* sizes get caches of the replay's own */
#define ZMEM_REPLAY_HOLD	0x08u	/* keep it all until @fd is closed */
#define ZMEM_REPLAY_FLAGS	0x0fu

#define ZMEM_REPLAY_REPEATS_MAX	1000u

/* A number that the target cannot tell. */
#define ZMEM_REPLAY_UNKNOWN	(~(__u64)0)

/**
 * struct zmem_replay_cache - what a cache of the replay's own came to
 * @name: in debugfs, or below /sys/kernel/slab
 * @object_size: bytes of an object
 * @size: bytes from one object to the next; 0: unknown
 * @allocs: allocations that succeeded
 * @live: objects
 * @requested: bytes of @live as asked for
 * @allocated: bytes of @live as taken
 * @held: bytes
 * @slabs: of it
 * @cached: free objects that wait in magazines and depots
 * @magazines: that exist
 * @hits: allocations that a CPU's magazines served
 * @fresh: allocations of objects never freed before
 */
struct zmem_replay_cache {
	char name[32];
	__u32 object_size;
	__u32 size;
	__aligned_u64 allocs;
	__aligned_u64 live;
	__aligned_u64 requested;
	__aligned_u64 allocated;
	__aligned_u64 held;
	__aligned_u64 slabs;
	__aligned_u64 cached;
	__aligned_u64 magazines;
	__aligned_u64 hits;
	__aligned_u64 fresh;
};

/**
 * struct zmem_replay - replay a stream in the kernel
 * @stream: in: address of a stream
 * @stream_bytes: in: of it
 * @stop_at: in: replay so many events; 0: all
 * @caches: in: address of an array of struct zmem_replay_cache, or 0
 * @nr_caches: in: entries of it; out: caches that there are
 * @target: in: ZMEM_REPLAY_NULL, _ZMEM or _KMEM
 * @flags: in: ZMEM_REPLAY_*
 * @repeats: in: 1 to ZMEM_REPLAY_REPEATS_MAX; 1 with ZMEM_REPLAY_HOLD
 * @fd: out: with ZMEM_REPLAY_HOLD, keeps caches and live objects
 * @cpus: out: that events ran on
 * @fault: out: if the stream is refused, the entry or event at fault
 * @allocs: out: of one pass, as are those below
 * @frees: out
 * @failures: out: allocations that failed; their frees are left out
 * @live: out: objects at the end
 * @requested: out: bytes of them as asked for
 * @allocated: out: bytes of them as taken
 * @held: out: bytes that the target holds for the replay
 * @min_ns: out: the quickest pass
 * @median_ns: out: the median pass
 * @hits: out: allocations that magazines served
 * @fresh: out: allocations of objects never freed before
 * @exchanges: out: magazines that came from or went to a depot
 * @contended: out: times that a depot's lock was taken
 * @remote_frees: out: frees of another node's object
 *
 * A replay is charged to the budget of the file that it is started through:
 * its stream, its tables and the most bytes that its objects took at once in
 * the recorded kernel; -EDQUOT: that is more than is left.
 *
 * Numbers that the target cannot tell are ZMEM_REPLAY_UNKNOWN.  Statistics
 * and bytes count caches of the replay's own, and page runs; without
 * ZMEM_REPLAY_CLASSES, other sizes go to everybody's zmem_alloc() or
 * kmalloc(), and are not in them.
 */
struct zmem_replay {
	__aligned_u64 stream;
	__aligned_u64 stream_bytes;
	__aligned_u64 stop_at;
	__aligned_u64 caches;
	__u32 nr_caches;
	__u32 target;
	__u32 flags;
	__u32 repeats;
	__s32 fd;
	__u32 cpus;
	__aligned_u64 fault;
	__aligned_u64 allocs;
	__aligned_u64 frees;
	__aligned_u64 failures;
	__aligned_u64 live;
	__aligned_u64 requested;
	__aligned_u64 allocated;
	__aligned_u64 held;
	__aligned_u64 min_ns;
	__aligned_u64 median_ns;
	__aligned_u64 hits;
	__aligned_u64 fresh;
	__aligned_u64 exchanges;
	__aligned_u64 contended;
	__aligned_u64 remote_frees;
};

#define ZMEM_REPLAY_BYTES_V1	176	/* of struct zmem_replay at first */

/* On /dev/zmem.  The structure may grow; older callers stay welcome. */
#define ZMEM_IOC_REPLAY		_IOWR(0xBD, 0x40, struct zmem_replay)

#endif /* _UAPI_LINUX_ZMEM_STREAM_H */
