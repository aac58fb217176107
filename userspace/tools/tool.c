// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/zmem_stream.h>
#include "tool.h"

static void say(const char *format, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", tool_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void fail(enum exit_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	exit(code);
}

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	exit(EXIT_ERROR);
}

void *xalloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		die("out of memory");
	return p;
}

/* Room for one more behind @count entries of @size bytes. */
void *xgrow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 256;
	array = realloc(array, *room * size);
	if (!array)
		die("out of memory");
	memset((char *)array + count * size, 0, (*room - count) * size);
	return array;
}

static char *read_all(int fd, size_t *length)
{
	size_t room = 0;
	char *text = NULL;
	ssize_t n;

	*length = 0;
	do {
		if (*length + 4096 > room) {
			room = room ? room * 2 : 16384;
			text = realloc(text, room);
			if (!text)
				die("out of memory");
		}
		n = read(fd, text + *length, room - *length - 1);
		if (n < 0) {
			free(text);
			return NULL;
		}
		*length += n;
	} while (n);
	text[*length] = 0;
	return text;
}

char *read_fd(int fd)
{
	size_t length;

	return read_all(fd, &length);
}

char *read_text(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0)
		return NULL;
	text = read_fd(fd);
	close(fd);
	return text;
}

/* A whole stream file; what is in it, the caller checks. */
void *read_stream(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *bytes;

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	if (S_ISREG(st.st_mode) && st.st_size > ZMEM_STREAM_BYTES_MAX)
		die("%s: larger than any stream", path);
	bytes = read_all(fd, length);
	if (!bytes)
		die("%s: %s", path, strerror(errno));
	close(fd);
	return bytes;
}

int open_device(void)
{
	int fd = open(ZMEM_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		fail(EXIT_NO_MODULE, "the module is not loaded: no " ZMEM_DEVICE);
	case EPERM:
	case EACCES:
		fail(EXIT_NO_PERMISSION,
		     ZMEM_DEVICE ": not permitted: only root may (CAP_SYS_ADMIN)");
	default:
		die(ZMEM_DEVICE ": %s", strerror(errno));
	}
}

/* A full disk is an error. */
void check_output(void)
{
	if (fflush(stdout) || ferror(stdout))
		die("cannot write: %s", strerror(errno));
}
