/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Numbers as people write and read them. */
#ifndef ZMEMCTL_UNITS_H
#define ZMEMCTL_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for any of the texts below. */
#define UNIT_TEXT	32

/* Each writes to @buf and returns it; UNKNOWN is "-". */
char *text_count(char *buf, uint64_t value);	/* 12.3k: powers of 1000 */
char *text_bytes(char *buf, uint64_t value);	/* 12.3K: powers of 1024 */
char *text_share(char *buf, uint64_t value);	/* of 10000, in percent */
char *text_ns(char *buf, uint64_t value);
char *text_exact(char *buf, uint64_t value);

/* Whether all of @text is that; the last, when not, says so itself. */
bool parse_number(const char *text, uint64_t *value);
bool parse_bytes(const char *text, uint64_t *value);	/* 512, 4k, 1M */
bool parse_time(const char *text, uint64_t *ns);	/* 10, 2.5, 500ms, 1m */

/*
 * A list of numbers as "0-3,5", sorted in its own order, each once; at most
 * @room.  Returns how many, 0 if it is none.
 */
size_t parse_list(const char *text, uint32_t *list, size_t room);

#endif /* ZMEMCTL_UNITS_H */
