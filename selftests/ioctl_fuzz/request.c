// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A request on its way: spoilt, sent, and its answer looked at. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "fuzz.h"

/* A structure, and what a newer caller's would have behind it. */
#define ROOM		1024
#define TAIL_MAX	64

/* Nothing is mapped there, and nobody may map it. */
#define NOWHERE		0xdead000000000000ull

static const uint64_t values[] = {
	0, 1, 2, 3, 31, 32, 63, 64, 127, 255, 256, 4095, 4096, 4097, 32768, 32769, 65536,
	65537, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, ~0ull, ~0ull >> 1, 1ull << 63,
};

/* Changes words of a structure, none before offset @first: pointers are there. */
void fuzz_spoil(struct fuzz *z, void *arg, size_t size, size_t first)
{
	unsigned int times;

	if (!fuzz_rarely(z, 3))
		return;
	for (times = 1 + fuzz_random(z) % 2; times--;) {
		size_t width = fuzz_rarely(z, 2) ? 8 : 4, at;
		uint64_t value;

		at = first + fuzz_random(z) % ((size - first) / width) * width;
		memcpy(&value, (char *)arg + at, width);
		switch (fuzz_random(z) % 4) {
		case 0:
			value ^= 1ull << fuzz_random(z) % (8 * width);
			break;
		case 1:
			value += fuzz_random(z) % 3 - 1;
			break;
		case 2:
			value = fuzz_random(z);
			break;
		default:
			value = values[fuzz_random(z) % (ARRAY_LEN(values))];
		}
		memcpy((char *)arg + at, &value, width);
	}
}

/* Where a list of so many bytes may be; seldom a place that is none. */
uint64_t fuzz_list_pointer(struct fuzz *z, size_t bytes)
{
	uint64_t list = (uintptr_t)z->list;

	switch (fuzz_random(z) % 40) {
	case 0:
		return 0;
	case 1:
		return NOWHERE;
	case 2:
		return list + LIST_BYTES - bytes / 2;
	case 3:
		return list + LIST_BYTES - bytes;
	case 4:
		return 0xffff888000000000ull;
	case 5:
		return list + 1;
	default:
		return list;
	}
}

bool fuzz_list_bad(struct fuzz *z, uint64_t pointer, size_t bytes)
{
	uint64_t list = (uintptr_t)z->list;

	return pointer < list || pointer + bytes > list + LIST_BYTES;
}

/* Of the caller's structure; seldom that of another version of it. */
static size_t pick_size(struct fuzz *z, size_t size, char *arg)
{
	size_t longer = 8 + fuzz_random(z) % (TAIL_MAX / 8) * 8;

	switch (fuzz_random(z) % 32) {
	case 0:
		z->must |= ERR(EINVAL);
		return fuzz_random(z) % size;
	case 1:
		memset(arg + size, 0, longer);
		return size + longer;
	case 2:
		memset(arg + size, 0, longer);
		arg[size + fuzz_random(z) % longer] = 1;
		z->must |= ERR(E2BIG);
		return size + longer;
	default:
		return size;
	}
}

static void check_errno(struct fuzz *z, int ret, int err)
{
	z->count++;
	if (ret >= 0) {
		if (z->must)
			fuzz_fail(z, "succeeded, with faults %llx%016llx",
				  (unsigned long long)(z->must >> 64),
				  (unsigned long long)z->must);
		return;
	}
	z->refused++;
	if (err >= 0 && err < 128 && (z->must | z->may) & ERR(err))
		return;
	if (err != ENOMEM)
		fuzz_fail(z, "failed, and not of a fault: %s", strerror(err));
	z->short_of_memory += !z->must;
}

static bool all_zero(const char *p, size_t size)
{
	while (size && !*p) {
		p++;
		size--;
	}
	return !size;
}

/*
 * Sends a request whose faults are known.  What it returns says whether it was
 * done; then the answer is in @arg.  A request that is refused, or that has no
 * answer, leaves the caller's memory as it was.
 */
int fuzz_ioctl(struct fuzz *z, unsigned int cmd, void *arg)
{
	size_t size = _IOC_SIZE(cmd), given;
	char room[ROOM], before[ROOM], *to = room;
	bool answered;
	int ret, err;

	memset(room, 0x5a, sizeof(room));
	memcpy(room, arg, size);
	given = pick_size(z, size, room);
	memcpy(before, room, sizeof(room));
	if (fuzz_rarely(z, 50)) {
		to = fuzz_rarely(z, 2) ? NULL : (char *)NOWHERE;
		z->must |= ERR(EFAULT);
	}

	ret = ioctl(z->f->fd, _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), given), to);
	err = errno;
	check_errno(z, ret, err);
	answered = ret >= 0 && _IOC_DIR(cmd) & _IOC_READ;
	if (!answered && ret >= 0 && memcmp(room, before, sizeof(room)))
		fuzz_fail(z, "wrote an answer that there is none of");
	if (ret < 0 && _IOC_NR(cmd) != _IOC_NR(ZMEM_IOC_REPLAY) &&
	    memcmp(room, before, sizeof(room)))
		fuzz_fail(z, "wrote an answer to what was refused");
	if (memcmp(room + given, before + given, sizeof(room) - given))
		fuzz_fail(z, "wrote beyond the structure");
	if (answered && given > size && !all_zero(room + size, given - size))
		fuzz_fail(z, "the end of a newer structure is not zero");
	if (answered)
		memcpy(arg, room, size);
	return ret;
}
