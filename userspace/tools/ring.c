// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A reader of the ring buffer's pages.  Small enough to be our own: a page is
 * a time, a length and events; an event is a word (five bits of type, the
 * rest time since the event before) and its data.  See ring_buffer.h's
 * enum ring_buffer_type in the kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ring.h"

enum {
	TYPE_DATA_MAX = 28,	/* length in words; 0: in the next word */
	TYPE_PADDING = 29,
	TYPE_EXTEND = 30,	/* more of the time in the next word */
	TYPE_STAMP = 31,	/* the whole time there */
	TIME_BITS = 27,
};

#define COMMIT_FLAGS	(3ull << 30)	/* events were missed */

/* The number behind @key in @line, or -1. */
static long number_after(const char *line, const char *end, const char *key)
{
	const char *p = strstr(line, key);

	return p && p < end ? strtol(p + strlen(key), NULL, 10) : -1;
}

/* Does the declaration that ends at @semicolon declare @name? */
static int declares(const char *line, const char *semicolon, const char *name)
{
	size_t length = strlen(name);
	const char *end = semicolon;

	if (end > line && end[-1] == ']')
		while (end > line && *--end != '[')
			;
	return (size_t)(end - line) > length &&
	       !memcmp(end - length, name, length) &&
	       strchr(" \t*", end[-(long)length - 1]);
}

/**
 * ring_field_find() - find a field in an event's format file
 * @format: the text
 * @name: of the field
 *
 * Return: the field; its size is 0 if there is none.
 */
struct ring_field ring_field_find(const char *format, const char *name)
{
	struct ring_field field = { 0, 0 };
	const char *line = format, *end, *semicolon;
	long offset, size;

	while ((line = strstr(line, "field:"))) {
		end = strchr(line, '\n');
		if (!end)
			end = line + strlen(line);
		semicolon = strchr(line, ';');
		if (semicolon && semicolon < end &&
		    declares(line, semicolon, name)) {
			offset = number_after(line, end, "offset:");
			size = number_after(line, end, "size:");
			if (offset >= 0 && size > 0) {
				field.offset = offset;
				field.size = size;
			}
			return field;
		}
		line = end;
	}
	return field;
}

int ring_layout_read(struct ring_layout *layout, const char *header_page)
{
	layout->timestamp = ring_field_find(header_page, "timestamp");
	layout->commit = ring_field_find(header_page, "commit");
	layout->data = ring_field_find(header_page, "data");
	if (layout->timestamp.size != 8 || !layout->data.size ||
	    (layout->commit.size != 8 && layout->commit.size != 4))
		return -EINVAL;
	return 0;
}

/* An unsigned number of the machine's byte order. */
uint64_t ring_load(const uint8_t *bytes, unsigned int size)
{
	uint64_t v8 = 0;
	uint32_t v4;
	uint16_t v2;

	switch (size) {
	case 1:
		return *bytes;
	case 2:
		memcpy(&v2, bytes, 2);
		return v2;
	case 4:
		memcpy(&v4, bytes, 4);
		return v4;
	case 8:
		memcpy(&v8, bytes, 8);
		return v8;
	}
	return 0;
}

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	uint64_t time;
};

static int word(struct cursor *c, uint32_t *value)
{
	if (c->end - c->at < 4)
		return -EINVAL;
	*value = ring_load(c->at, 4);
	c->at += 4;
	return 0;
}

/* Data of @length bytes, which take whole words. */
static int data(struct cursor *c, uint32_t length, ring_event_fn *fn, void *arg)
{
	uint32_t space = (length + 3) & ~3u;

	if (length > space || space > (size_t)(c->end - c->at))
		return -EINVAL;
	fn(arg, c->time, c->at, length);
	c->at += space;
	return 0;
}

static int skip(struct cursor *c, uint32_t delta)
{
	uint32_t length;

	if (!delta) {		/* the rest of the page */
		c->at = c->end;
		return 0;
	}
	if (word(c, &length) || length < 4 ||
	    length - 4 > (size_t)(c->end - c->at))
		return -EINVAL;
	c->at += length - 4;
	c->time += delta;
	return 0;
}

static int one_event(struct cursor *c, ring_event_fn *fn, void *arg)
{
	uint32_t head, type, delta, more;

	if (word(c, &head))
		return -EINVAL;
	type = head & 31;
	delta = head >> 5;
	switch (type) {
	case TYPE_PADDING:
		return skip(c, delta);
	case TYPE_EXTEND:
		if (word(c, &more))
			return -EINVAL;
		c->time += ((uint64_t)more << TIME_BITS) + delta;
		return 0;
	case TYPE_STAMP:
		if (word(c, &more))
			return -EINVAL;
		/* The top five bits of a stamp are the page's. */
		c->time = (c->time & (31ull << 59)) |
			  (((uint64_t)more << TIME_BITS) + delta);
		return 0;
	case 0:
		if (word(c, &more) || more < 4)
			return -EINVAL;
		c->time += delta;
		return data(c, more - 4, fn, arg);
	}
	c->time += delta;
	return data(c, type * 4, fn, arg);
}

/**
 * ring_page_walk() - call a function for each event of a page
 * @layout: of pages
 * @page: bytes that one read of trace_pipe_raw gave
 * @length: how many
 * @fn: called with the event's time and data
 * @arg: for @fn
 *
 * Return: 0, or -EINVAL: these bytes are no page.
 */
int ring_page_walk(const struct ring_layout *layout, const uint8_t *page,
		   unsigned int length, ring_event_fn *fn, void *arg)
{
	struct cursor c;
	uint64_t commit;

	if (length < layout->data.offset)
		return -EINVAL;
	c.time = ring_load(page + layout->timestamp.offset, 8);
	commit = ring_load(page + layout->commit.offset, layout->commit.size);
	commit &= ~COMMIT_FLAGS;
	if (commit > length - layout->data.offset)
		return -EINVAL;
	c.at = page + layout->data.offset;
	c.end = c.at + commit;
	while (c.at < c.end)
		if (one_event(&c, fn, arg))
			return -EINVAL;
	return 0;
}
