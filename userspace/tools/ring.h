/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The pages that trace_pipe_raw gives, and the texts that describe them. */
#ifndef ZMEM_RING_H
#define ZMEM_RING_H

#include <stdint.h>

/* Where a field is in an event or a page; size 0: there is none such. */
struct ring_field {
	unsigned int offset;
	unsigned int size;
};

/* The layout of a page, from events/header_page. */
struct ring_layout {
	struct ring_field timestamp;
	struct ring_field commit;
	struct ring_field data;
};

typedef void ring_event_fn(void *arg, uint64_t time, const uint8_t *event,
			   unsigned int length);

struct ring_field ring_field_find(const char *format, const char *name);
int ring_layout_read(struct ring_layout *layout, const char *header_page);
uint64_t ring_load(const uint8_t *bytes, unsigned int size);
int ring_page_walk(const struct ring_layout *layout, const uint8_t *page,
		   unsigned int length, ring_event_fn *fn, void *arg);

#endif /* ZMEM_RING_H */
