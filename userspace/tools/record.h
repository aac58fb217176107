/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The recorder's parts: capture (tracefs) gives pages, decode makes calls of
 * them, match makes objects of the calls, write makes a stream.
 */
#ifndef ZMEM_RECORD_H
#define ZMEM_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ring.h"

/* An allocation or a free of one object, as the kernel's events tell it. */
struct call {
	uint64_t time;
	uint64_t address;
	uint64_t site;
	uint32_t req;
	uint32_t alloc;
	uint32_t name;		/* in names; 0: not known */
	int16_t node;		/* asked for; -1: any */
	uint8_t kind;		/* ZMEM_STREAM_ALLOC or _FREE, _BULK */
	bool kmalloc;
};

struct calls {
	struct call *call;
	size_t count;
	size_t room;
};

/* Which event a type of event is. */
enum what {
	KMALLOC,
	CACHE_ALLOC,
	KFREE,
	CACHE_FREE,
	BULK_ALLOC,
	BULK_FREE,
};

struct event_type {
	unsigned int id;
	enum what what;
	unsigned int first;	/* bulk: of the array's entries that it has */
	struct ring_field site, ptr, req, alloc, node, name, count, array;
};

#define EVENT_TYPES_MAX	16

struct event_types {
	struct event_type type[EVENT_TYPES_MAX];
	unsigned int count;
	struct ring_field common_type;
};

/* A cache as far as it is known: merged by name in the end. */
struct key {
	uint64_t site;
	uint32_t req;
	uint32_t alloc;
	uint32_t name;
	bool kmalloc;
	uint32_t cache;		/* in the stream's table */
};

/* What goes into the stream; cache is a key's index until written. */
struct happening {
	uint64_t time;
	uint32_t object;
	uint32_t size;
	uint32_t key;
	uint8_t cpu;
	uint8_t kind;
};

struct recording {
	struct key *key;
	size_t keys, keys_room;
	struct happening *happening;
	size_t happenings, happenings_room;
	uint32_t objects;	/* ids that were needed */
	uint32_t live;
	uint64_t seen, dropped, unmatched, forced, lost;
	uint64_t begin, end;
};

/* Names of caches, each once; number 0 is no name. */
uint32_t name_number(const char *name, size_t length);
const char *name_text(uint32_t number);

/* capture.c */
void capture_start(unsigned long buffer_kib);
void capture_stop(void);
void capture_end(void);
uint64_t capture_entries(void);
uint64_t capture_losses(void);
uint64_t capture_missed(void);
void capture_read(unsigned int cpu, struct calls *calls);
unsigned int capture_cpus(void);

/* decode.c */
bool decode_type(struct event_type *type, const char *format);
void decode_event(const struct event_types *types, struct calls *calls,
		  uint64_t time, const uint8_t *event, unsigned int length);

/* match.c */
void match_calls(struct recording *r, const struct calls *calls,
		 unsigned int cpus);

/* write.c */
void write_stream(struct recording *r, unsigned int cpus, const char *path);

#endif /* ZMEM_RECORD_H */
