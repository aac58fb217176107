/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the tools share: ending with one line, memory that is there, files. */
#ifndef ZMEM_TOOL_H
#define ZMEM_TOOL_H

#include <stddef.h>

#define ZMEM_DEVICE	"/dev/zmem"

/* How tools end; documented in zmemctl(8). */
enum exit_code {
	EXIT_OK = 0,
	EXIT_ERROR = 1,		/* of the system: files, memory, signals */
	EXIT_USAGE = 2,
	EXIT_NO_MODULE = 3,	/* or no such program */
	EXIT_NO_PERMISSION = 4,
	EXIT_NO_CACHE = 5,
	EXIT_FOUND = 6,		/* stress or validate found something wrong */
	EXIT_BUSY = 7,		/* a node has live objects */
};

extern const char *tool_name;

/* One line on stderr, and the end. */
void fail(enum exit_code code, const char *format, ...)
	__attribute__((__noreturn__, __format__(__printf__, 2, 3)));
void die(const char *format, ...)
	__attribute__((__noreturn__, __format__(__printf__, 1, 2)));
void warn(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));
void *xalloc(size_t size);		/* zeroed */
void *xgrow(void *array, size_t count, size_t *room, size_t size);
char *read_text(const char *path);	/* NULL with errno on error */
char *read_fd(int fd);			/* likewise, to its end */
void *read_stream(const char *path, size_t *length);
int open_device(void);			/* /dev/zmem, or the end */
void check_output(void);		/* what was printed has arrived, or the end */

#endif /* ZMEM_TOOL_H */
