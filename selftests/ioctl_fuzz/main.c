// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * ioctl_fuzz [-t SECONDS] [-s SEED]: runs of two threads with two files each
 * until the time is up, each run by a seed of its own, which is printed; with
 * -s, that one alone.  Seeds given as further arguments come first.
 *
 * After each run all files are closed, and nothing of them may be left.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include "../zmem_test.h"
#include "fuzz.h"

#define THREADS		2
#define STEPS		200

uint64_t fuzz_budget;
unsigned int fuzz_seed;

uint64_t fuzz_random(struct fuzz *z)
{
	uint64_t x = z->seed += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

void fuzz_fail(const struct fuzz *z, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("FOUND: thread %u, step %u, %s: ", z->number, z->step, z->op);
	vprintf(fmt, args);
	va_end(args);
	printf("\nrepeat with: ioctl_fuzz -s %u\n", fuzz_seed);
	fflush(stdout);
	_exit(1);
}

static void *run_thread(void *arg)
{
	struct fuzz *z = arg;
	unsigned int n;

	for (n = 0; n < FILES; n++)
		fuzz_open(z, &z->files[n]);
	while (z->step < STEPS)
		fuzz_step(z);
	for (n = 0; n < FILES; n++)
		close(z->files[n].fd);
	return NULL;
}

/* Lists, and the page behind them that is not there. */
static char *map_list(void)
{
	char *list = mmap(NULL, LIST_BYTES + 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (list == MAP_FAILED || munmap(list + LIST_BYTES, 4096)) {
		perror("ioctl_fuzz: mmap");
		exit(2);
	}
	return list;
}

static void run(struct fuzz *threads, unsigned int seed, int fd)
{
	struct state before = state_of(fd), after;
	pthread_t ids[THREADS];
	unsigned int n;

	fuzz_seed = seed;
	for (n = 0; n < THREADS; n++) {
		threads[n].seed = ((uint64_t)seed << 8) + n;
		threads[n].number = n;
		threads[n].step = 0;
		threads[n].op = "open";
		if (pthread_create(&ids[n], NULL, run_thread, &threads[n])) {
			perror("ioctl_fuzz: pthread_create");
			exit(2);
		}
	}
	for (n = 0; n < THREADS; n++)
		pthread_join(ids[n], NULL);
	after = state_of(fd);
	threads[0].op = "end";
	if (!same_state(&before, &after))
		fuzz_fail(&threads[0], "%llu objects, %llu caches, %llu errors; before: %llu, %llu, %llu",
			  (unsigned long long)after.live, (unsigned long long)after.caches,
			  (unsigned long long)after.errors, (unsigned long long)before.live,
			  (unsigned long long)before.caches, (unsigned long long)before.errors);
}

static unsigned int number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end) {
		fprintf(stderr, "ioctl_fuzz: not a number: %s\n", text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	static struct fuzz threads[THREADS];
	unsigned long count = 0, refused = 0, no_memory = 0, runs = 0;
	unsigned int seed = time(NULL), seconds = 45, n;
	struct zmem_ioc_info info = {};
	bool once = false;
	time_t end;
	int fd, option;

	while ((option = getopt(argc, argv, "s:t:")) != -1) {
		if (option == '?')
			return 2;
		if (option == 't') {
			seconds = number(optarg);
			continue;
		}
		seed = number(optarg);
		once = true;
	}
	fd = open(DEVICE, O_RDWR);
	if (fd < 0 || ioctl(fd, ZMEM_IOC_INFO, &info)) {
		perror("ioctl_fuzz: " DEVICE);
		return 2;
	}
	fuzz_budget = info.budget;
	for (n = 0; n < THREADS; n++)
		threads[n].list = map_list();

	printf("seed %u\n", seed);
	fflush(stdout);
	for (; optind < argc; optind++, runs++)
		run(threads, number(argv[optind]), fd);
	end = time(NULL) + seconds;
	do {
		run(threads, seed++, fd);
		runs++;
	} while (!once && time(NULL) < end);

	for (n = 0; n < THREADS; n++) {
		count += threads[n].count;
		refused += threads[n].refused;
		no_memory += threads[n].short_of_memory;
	}
	printf("%lu runs, %lu requests, %lu refused, %lu of them for want of memory\n",
	       runs, count, refused, no_memory);
	return 0;
}
