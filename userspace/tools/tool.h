/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the tools share: dying with one line, memory that is there, files. */
#ifndef ZMEM_TOOL_H
#define ZMEM_TOOL_H

#include <stddef.h>

extern const char *tool_name;

void die(const char *format, ...)
	__attribute__((__noreturn__, __format__(__printf__, 1, 2)));
void warn(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));
void *xalloc(size_t size);		/* zeroed */
void *xgrow(void *array, size_t count, size_t *room, size_t size);
char *read_text(const char *path);	/* NULL with errno on error */
char *read_fd(int fd);			/* likewise, to its end */
void *read_stream(const char *path, size_t *length);

#endif /* ZMEM_TOOL_H */
