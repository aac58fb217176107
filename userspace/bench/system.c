// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What the driver asks of the system, none of it through malloc(). */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bench.h"

/* Of the null library, when that is loaded. */
extern void null_malloc_arm(bool on) __attribute__((__weak__));

void null_arm(bool on)
{
	if (null_malloc_arm)
		null_malloc_arm(on);
}

bool null_is_here(void)
{
	return null_malloc_arm;
}

void die(const char *format, ...)
{
	char text[512] = "zmem-bench: ";
	size_t used = strlen(text);
	static bool dying;
	va_list args;

	while (__atomic_exchange_n(&dying, true, __ATOMIC_RELAXED))
		pause();	/* another thread found something first */
	va_start(args, format);
	vsnprintf(text + used, sizeof(text) - used - 1, format, args);
	va_end(args);
	strcat(text, "\n");
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(2);
	_exit(1);
}

void *bench_pages(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (at == MAP_FAILED)
		die("mmap of %zu bytes: %s", bytes, strerror(errno));
	return at;
}

/* The index-th CPU, modulo their number, of those the process began with. */
void pin_to(unsigned int index)
{
	static cpu_set_t all;
	cpu_set_t one;
	int cpu;

	if (!CPU_COUNT(&all) && sched_getaffinity(0, sizeof(all), &all))
		die("sched_getaffinity: %s", strerror(errno));
	index %= CPU_COUNT(&all);
	for (cpu = 0; !CPU_ISSET(cpu, &all) || index--; cpu++)
		;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity to CPU %d: %s", cpu, strerror(errno));
}

/* The number behind @key in one of the process's files. */
static unsigned long proc_number(const char *path, const char *key)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[4096], *p;
	ssize_t n;

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		die("%s: empty", path);
	text[n] = 0;
	p = strstr(text, key);
	if (!p)
		die("%s: no '%s'", path, key);
	return strtoul(p + strlen(key), NULL, 10);
}

unsigned long rss_kib(void)
{
	return proc_number("/proc/self/smaps_rollup", "\nRss:");
}

/* What is there by now; the peak counts from here. */
unsigned long rss_begin_kib(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "5", 1) != 1)
		die("/proc/self/clear_refs: %s", strerror(errno));
	close(fd);
	return rss_kib();
}

unsigned long rss_peak_kib(void)
{
	return proc_number("/proc/self/status", "\nVmHWM:");
}

unsigned long anonymous_kib(void)
{
	return proc_number("/proc/self/smaps_rollup", "\nAnonymous:");
}

/* The file that malloc() comes from. */
const char *malloc_library(void)
{
	Dl_info info;

	if (!dladdr(dlsym(RTLD_DEFAULT, "malloc"), &info))
		die("malloc() comes from nowhere");
	return info.dli_fname;
}

void series_add(struct series *s, double x, double y)
{
	if (s->count < BENCH_SERIES_MAX)
		s->point[s->count++] = (struct point){ x, y };
}
