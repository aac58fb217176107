// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Records a program's calls to malloc and free:
 *
 *	ZMEM_RECORD=PREFIX LD_PRELOAD=librecord_preload.so PROGRAM
 *
 * leaves PREFIX.PID for each process that is executed, for stream-make to
 * read.  A free is noted before it happens and an allocation after, so that
 * no address is seen to live twice.  realloc is noted as a free and an
 * allocation.  A child of fork() is not recorded until it executes something.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "libc_malloc.h"
#include "raw.h"

static struct raw_call *calls;
static uint64_t next;

static void note(void *at, size_t size)
{
	struct raw_call *call;
	struct timespec t;
	uint64_t n;
	int cpu;

	if (!calls || !at)
		return;
	n = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);
	if (n >= RAW_CALLS_MAX)
		return;
	cpu = sched_getcpu();
	clock_gettime(CLOCK_MONOTONIC, &t);
	call = &calls[n];
	call->time = t.tv_sec * 1000000000ull + t.tv_nsec;
	call->size = size < UINT_MAX ? size : UINT_MAX;
	call->cpu = cpu < 0 ? 0 : cpu;
	call->address = (uintptr_t)at;
}

/* malloc(0) gives an object too. */
static void *noted(void *at, size_t size)
{
	note(at, size ? size : 1);
	return at;
}

static void stop_in_child(void)
{
	calls = NULL;
}

static void complain(const char *path)
{
	char text[PATH_MAX + 128];

	snprintf(text, sizeof(text), "record_preload: %s: %s\n", path,
		 strerror(errno));
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(2);
}

static __attribute__((__constructor__)) void start(void)
{
	const char *prefix = getenv("ZMEM_RECORD");
	size_t bytes = sizeof(*calls) * RAW_CALLS_MAX;
	char path[PATH_MAX];
	void *at;
	int fd;

	if (!prefix)
		return;
	snprintf(path, sizeof(path), "%s.%d", prefix, getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, bytes)) {
		complain(path);
		return;
	}
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		complain(path);
	else if (!pthread_atfork(NULL, NULL, stop_in_child))
		calls = at;
	close(fd);
}

void *malloc(size_t size)
{
	return noted(__libc_malloc(size), size);
}

void free(void *at)
{
	note(at, 0);
	__libc_free(at);
}

void *calloc(size_t n, size_t size)
{
	return noted(__libc_calloc(n, size), n * size);
}

void *realloc(void *at, size_t size)
{
	note(at, 0);
	return noted(__libc_realloc(at, size), size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return noted(__libc_memalign(align, size), size);
}

void *memalign(size_t align, size_t size)
{
	return aligned_alloc(align, size);
}

void *valloc(size_t size)
{
	return aligned_alloc(sysconf(_SC_PAGESIZE), size);
}

/* The C library's, whoever else the program is linked with. */
size_t malloc_usable_size(void *at)
{
	static size_t (*libc)(void *at);

	if (!libc)
		libc = dlsym(dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD),
			     "malloc_usable_size");
	return libc(at);
}

int posix_memalign(void **to, size_t align, size_t size)
{
	void *at = aligned_alloc(align, size);

	if (at)
		*to = at;
	return at ? 0 : ENOMEM;
}
