// SPDX-License-Identifier: GPL-2.0 OR MIT
/* From the bytes of an event to calls; bulk events give one for each object. */
#include <stdlib.h>
#include <string.h>
#include <linux/zmem_stream.h>
#include "record.h"
#include "tool.h"

static struct {
	char **text;
	size_t count, room;
} names;

/* Some hundred names, most of them the last one again. */
uint32_t name_number(const char *name, size_t length)
{
	static uint32_t last;
	size_t i;

	if (!length)
		return 0;
	for (i = 0; i < names.count + 1; i++) {
		uint32_t n = i ? i - 1 : last;

		if (n < names.count && !strncmp(names.text[n], name, length) &&
		    !names.text[n][length]) {
			last = n;
			return n + 1;
		}
	}
	names.text = xgrow(names.text, names.count, &names.room,
			   sizeof(*names.text));
	names.text[names.count] = strndup(name, length);
	if (!names.text[names.count])
		die("out of memory");
	return ++names.count;
}

const char *name_text(uint32_t number)
{
	return number ? names.text[number - 1] : "";
}

/**
 * decode_type() - learn where an event's fields are
 * @type: its what is set; the rest is filled in
 * @format: the event's format file
 *
 * Return: whether all fields are there that this kind of event needs.
 */
bool decode_type(struct event_type *t, const char *format)
{
	static const char *const wants[] = {
		[KMALLOC] = "sprad", [CACHE_ALLOC] = "sprad", [KFREE] = "sp",
		[CACHE_FREE] = "sp", [BULK_ALLOC] = "srace", [BULK_FREE] = "ce",
	};
	const struct { char letter; const char *name; struct ring_field *f; }
	fields[] = {
		{ 's', t->what == BULK_ALLOC ? "__probe_ret_ip" : "call_site",
		  &t->site },
		{ 'p', "ptr", &t->ptr },
		{ 'r', "bytes_req", &t->req },
		{ 'a', "bytes_alloc", &t->alloc },
		{ 'd', "node", &t->node },
		{ 'n', "name", &t->name },
		{ 'c', "count", &t->count },
		{ 'e', "p0", &t->array },
	};
	const char *id = strstr(format, "ID:");
	size_t i;

	if (!id)
		return false;
	t->id = strtoul(id + 3, NULL, 10);
	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		*fields[i].f = ring_field_find(format, fields[i].name);
		if (strchr(wants[t->what], fields[i].letter) &&
		    !fields[i].f->size)
			return false;
	}
	return true;
}

static uint64_t load(const uint8_t *event, unsigned int length,
		     struct ring_field f)
{
	if (!f.size || f.offset + f.size > length)
		return 0;
	return ring_load(event + f.offset, f.size);
}

/* A string: its place in the event is in the field. */
static uint32_t load_name(const uint8_t *event, unsigned int length,
			  struct ring_field f)
{
	uint32_t where = load(event, length, f);
	uint32_t offset = where & 0xffff, bytes = where >> 16;
	const char *text = (const char *)event + offset;

	if (!bytes || offset + bytes > length || text[0] == '(')
		return 0;
	return name_number(text, strnlen(text, bytes));
}

static void add(struct calls *calls, struct call *call)
{
	/* NULL and the pointer that kmalloc(0) gives. */
	if (call->address <= 16)
		return;
	calls->call = xgrow(calls->call, calls->count, &calls->room,
			    sizeof(*call));
	calls->call[calls->count++] = *call;
}

static void add_bulk(const struct event_type *t, struct calls *calls,
		     struct call *call, const uint8_t *event,
		     unsigned int length)
{
	int64_t n = (int64_t)load(event, length, t->count) - t->first;
	unsigned int i;

	call->kind |= ZMEM_STREAM_BULK;
	for (i = 0; i < n && t->array.offset + (i + 1) * 8 <= length; i++) {
		call->address = ring_load(event + t->array.offset + i * 8, 8);
		add(calls, call);
	}
}

static const struct event_type *find(const struct event_types *types,
				     unsigned int id)
{
	unsigned int i;

	for (i = 0; i < types->count; i++)
		if (types->type[i].id == id)
			return &types->type[i];
	return NULL;
}

/**
 * decode_event() - append the calls that an event tells of
 * @types: known ones; others are passed over
 * @calls: to append to
 * @time: of the event
 * @event: its bytes
 * @length: of them
 */
void decode_event(const struct event_types *types, struct calls *calls,
		  uint64_t time, const uint8_t *event, unsigned int length)
{
	const struct event_type *t;
	struct call call;

	t = find(types, load(event, length, types->common_type));
	if (!t)
		return;
	call = (struct call){
		.time = time,
		.address = load(event, length, t->ptr),
		.site = load(event, length, t->site),
		.req = load(event, length, t->req),
		.alloc = load(event, length, t->alloc),
		.node = t->node.size ? (int)load(event, length, t->node) : -1,
		.name = load_name(event, length, t->name),
		.kmalloc = t->what == KMALLOC,
		.kind = t->what == KMALLOC || t->what == CACHE_ALLOC ||
			t->what == BULK_ALLOC ?
			ZMEM_STREAM_ALLOC : ZMEM_STREAM_FREE,
	};
	if (t->count.size)
		add_bulk(t, calls, &call, event, length);
	else
		add(calls, &call);
}
