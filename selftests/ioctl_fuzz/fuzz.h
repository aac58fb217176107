/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A fuzzer of /dev/zmem's ioctls that knows what they are for.
 *
 * A request is made to be good, and then perhaps spoilt.  What is wrong with it
 * is told from the request itself: if anything is, it must fail, and with the
 * errno of one of its faults; if nothing is, it must do what it says.
 */
#ifndef IOCTL_FUZZ_H
#define IOCTL_FUZZ_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/zmem.h>

#define FILES		2	/* of a thread */
#define CACHES		8	/* of a file */
#define HANDLES		1024	/* of a file */

/* More than this a file holds only for as long as a request takes. */
#define HOLD_MAX	(24ull << 20)

/* What the budget counts for an object beside its size. */
#define OBJECT_COST	64

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

/* Errors, by number. */
typedef unsigned __int128 errors_t;
#define ERR(e)		((errors_t)1 << (e))

struct cache {
	uint32_t id;		/* 0: none */
	uint32_t size;
	uint32_t live;
	char name[ZMEM_IOC_NAME_MAX];
};

struct object {
	uint64_t handle;
	uint64_t size;
	uint32_t cache;
	bool known;		/* its bytes are */
};

struct file {
	int fd;
	struct cache caches[CACHES];
	struct object objects[HANDLES];
	uint32_t nr_objects;
	uint32_t nr_caches;
	uint64_t used;
};

/**
 * struct fuzz - a thread
 * @seed: state of its random numbers
 * @number: of the thread
 * @step: of the run
 * @op: name of the request
 * @files: what it has open
 * @f: the one of the step
 * @list: room for ZMEM_IOC_COUNT_MAX __u64, and a page that is not there
 * @must: faults of the request: it must fail with one of these
 * @may: faults that it may have
 * @count: requests
 * @refused: of them
 * @short_of_memory: of them, with no other fault
 */
struct fuzz {
	uint64_t seed;
	unsigned int number;
	unsigned int step;
	const char *op;
	struct file files[FILES];
	struct file *f;
	char *list;
	errors_t must;
	errors_t may;
	unsigned long count;
	unsigned long refused;
	unsigned long short_of_memory;
};

extern uint64_t fuzz_budget;
extern unsigned int fuzz_seed;

#define LIST_BYTES	(ZMEM_IOC_COUNT_MAX * sizeof(uint64_t))

/* Prints how to repeat it, and ends the process. */
void fuzz_fail(const struct fuzz *z, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

uint64_t fuzz_random(struct fuzz *z);

/* One in @n. */
static inline bool fuzz_rarely(struct fuzz *z, unsigned int n)
{
	return !(fuzz_random(z) % n);
}

static inline void fuzz_wrong(struct fuzz *z, bool wrong, int err)
{
	if (wrong)
		z->must |= ERR(err);
}

/* request.c */
int fuzz_ioctl(struct fuzz *z, unsigned int cmd, void *arg);
void fuzz_spoil(struct fuzz *z, void *arg, size_t size, size_t first);
uint64_t fuzz_list_pointer(struct fuzz *z, size_t bytes);
bool fuzz_list_bad(struct fuzz *z, uint64_t pointer, size_t bytes);

/* ops.c */
void fuzz_step(struct fuzz *z);
void fuzz_open(struct fuzz *z, struct file *f);

#endif /* IOCTL_FUZZ_H */
