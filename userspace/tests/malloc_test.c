// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What malloc() and its family promise, of whichever library serves this
 * program; and, of ours, what it promises beyond that.  Run linked with
 * libzmem_malloc and with it preloaded.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include "malloc_test.h"

#define KIB(n)	((size_t)(n) << 10)
#define MIB(n)	((size_t)(n) << 20)

/* Each regime's sizes and its edges: classes, kept runs, runs, mappings. */
static const size_t sizes[] = {
	0, 1, 8, 15, 16, 17, 24, 40, 63, 64, 65, 100, 255, 256, 257, 1000, 4095, 4096,
	4097, 8191, 8192, 8193, 12288, 12289, 20000, 65536, 100000, MIB(1) - 1, MIB(1),
	MIB(1) + 1, 3 * MIB(1), MIB(4), MIB(4) + 1, MIB(9),
};

#define NR_SIZES	(sizeof(sizes) / sizeof(*sizes))

/* No compiler knows what this is, nor warns of it. */
static size_t unknown(size_t size)
{
	volatile size_t v = size;

	return v;
}

static void fill(void *p, size_t size, unsigned int seed)
{
	unsigned char *c = p;
	size_t i;

	for (i = 0; i < size; i++)
		c[i] = seed + i * 7 + (i >> 8);
}

static int intact(const void *p, size_t size, unsigned int seed)
{
	const unsigned char *c = p;
	size_t i;

	for (i = 0; i < size; i++)
		if (c[i] != (unsigned char)(seed + i * 7 + (i >> 8)))
			return 0;
	return 1;
}

static int all_zero(const void *p, size_t size)
{
	const char *c = p;

	return !size || (!c[0] && !memcmp(c, c + 1, size - 1));
}

/* From before any library's constructor has run. */
static void *early;

static void allocate_early(void)
{
	early = malloc(100);
	if (early)
		memset(early, 0x5a, 100);
}

__attribute__((section(".preinit_array"), used))
static void (*preinit)(void) = allocate_early;

static void test_early(void **state)
{
	size_t i;

	assert_non_null(early);
	for (i = 0; i < 100; i++)
		assert_int_equal(((char *)early)[i], 0x5a);
	free(early);
}

/* Else all below would test another library. */
static void test_is_ours(void **state)
{
	static const char * const names[] = {
		"malloc", "calloc", "realloc", "reallocarray", "free", "aligned_alloc",
		"posix_memalign", "memalign", "valloc", "pvalloc", "malloc_usable_size",
	};
	Dl_info info;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_true(dladdr(dlsym(RTLD_DEFAULT, names[i]), &info));
		assert_non_null(strstr(info.dli_fname, "libzmem_malloc"));
	}
}

static void test_alignment(void **state)
{
	size_t size;
	void *p[4];
	int i;

	for (size = 0; size < 20000; size += size < 1100 ? 1 : 97) {
		for (i = 0; i < 4; i++) {
			p[i] = malloc(size);
			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
		}
		for (i = 0; i < 4; i++)
			free(p[i]);
	}
}

static void check_aligned(void *p, size_t align, size_t size)
{
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % align, 0);
	assert_true(malloc_usable_size(p) >= size);
	memset(p, 1, size);
	free(p);
}

static void test_aligned(void **state)
{
	size_t align, i, size;
	void *p;

	for (align = 8; align <= MIB(16); align *= 2)
		for (i = 0; i < NR_SIZES; i++) {
			size = sizes[i];
			check_aligned(aligned_alloc(align, size), align, size);
			check_aligned(memalign(align, size), align, size);
			p = NULL;
			assert_int_equal(posix_memalign(&p, align, size), 0);
			check_aligned(p, align, size);
		}
	check_aligned(memalign(48, 100), 64, 100);
	check_aligned(valloc(10), 4096, 10);
	p = pvalloc(5000);
	assert_true(malloc_usable_size(p) >= 8192);
	check_aligned(p, 4096, 8192);
}

static void test_aligned_errors(void **state)
{
	void *p = &p;

	errno = 0;
	assert_null(aligned_alloc(unknown(3), 10));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(aligned_alloc(unknown(0), 10));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(memalign(unknown(SIZE_MAX), 10));
	assert_int_equal(errno, EINVAL);
	errno = 77;
	assert_int_equal(posix_memalign(&p, unknown(24), 10), EINVAL);
	assert_int_equal(posix_memalign(&p, unknown(4), 10), EINVAL);
	assert_int_equal(posix_memalign(&p, 64, unknown(SIZE_MAX - 10)), ENOMEM);
	assert_int_equal(errno, 77);
	assert_ptr_equal(p, &p);
	assert_null(aligned_alloc(4096, unknown(SIZE_MAX)));
	assert_int_equal(errno, ENOMEM);
}

static void test_zero_size(void **state)
{
	void *a = malloc(0), *b = malloc(0), *c = calloc(0, 10), *d = calloc(10, 0);

	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	assert_non_null(d);
	assert_ptr_not_equal(a, b);
	assert_ptr_not_equal(c, d);
	free(a);
	free(b);
	free(c);
	free(d);
	free(NULL);
}

static void test_zeroing(void **state)
{
	size_t i, round;
	void *p;

	for (round = 0; round < 3; round++)
		for (i = 0; i < NR_SIZES; i++) {
			p = malloc(sizes[i]);
			assert_non_null(p);
			memset(p, 0xff, sizes[i]);
			free(p);
			p = calloc(1, sizes[i]);
			assert_non_null(p);
			assert_true(all_zero(p, sizes[i]));
			memset(p, 0xff, sizes[i]);
			free(p);
		}
}

static void expect_enomem(void *p)
{
	assert_null(p);
	assert_int_equal(errno, ENOMEM);
	errno = 0;
}

static void test_overflow(void **state)
{
	static const size_t too_large[] = {
		(size_t)PTRDIFF_MAX + 1, SIZE_MAX / 2, SIZE_MAX - 4096, SIZE_MAX - 15, SIZE_MAX,
	};
	void *p = malloc(100), *big = malloc(MIB(5));
	size_t i, size;

	fill(p, 100, 1);
	errno = 0;
	for (i = 0; i < 5; i++) {
		size = unknown(too_large[i]);
		expect_enomem(malloc(size));
		expect_enomem(calloc(1, size));
		expect_enomem(calloc(size, 2));
		expect_enomem(realloc(p, size));
		expect_enomem(realloc(big, size));
		expect_enomem(reallocarray(p, size, 3));
		expect_enomem(memalign(4096, size));
		expect_enomem(pvalloc(size));
	}
	expect_enomem(calloc(unknown((size_t)1 << 33), (size_t)1 << 33));
	assert_true(intact(p, 100, 1));
	free(p);
	free(big);
}

static void test_realloc_keeps(void **state)
{
	size_t i, j, least;
	void *p;

	for (i = 0; i < NR_SIZES; i++)
		for (j = 1; j < NR_SIZES; j++) {
			p = realloc(NULL, sizes[i]);
			assert_non_null(p);
			fill(p, sizes[i], i + j);
			p = realloc(p, sizes[j]);
			assert_non_null(p);
			assert_int_equal((uintptr_t)p % 16, 0);
			assert_true(malloc_usable_size(p) >= sizes[j]);
			least = sizes[i] < sizes[j] ? sizes[i] : sizes[j];
			assert_true(intact(p, least, i + j));
			memset(p, 0, sizes[j]);
			free(p);
		}
	p = malloc(10);
	assert_null(realloc(p, unknown(0)));
}

static void test_realloc_grows(void **state)
{
	size_t size = 1, last = 0;
	char *p = NULL;

	while (size < MIB(40)) {
		p = reallocarray(p, size, 1);
		assert_non_null(p);
		assert_true(intact(p, last, 3));
		fill(p, size, 3);
		last = size;
		size += size / 3 + 1;
	}
	while (size > 10) {
		size /= 3;
		p = realloc(p, size);
		assert_true(intact(p, size, 3));
	}
	free(p);
}

/* What grows by half, beyond the classes of bytes, moves every second time at most. */
static void test_realloc_room(void **state)
{
	size_t size = 9000;
	char *p = malloc(size), *q;
	int moved = 1;

	p = realloc(p, size += size / 2);
	while (size < 300000) {
		q = realloc(p, size += size / 2);
		assert_non_null(q);
		assert_false(moved && q != p);
		moved = q != p;
		p = q;
	}
	free(p);
}

static void test_usable(void **state)
{
	size_t i, usable;
	void *p;

	assert_int_equal(malloc_usable_size(NULL), 0);
	for (i = 0; i < NR_SIZES; i++) {
		p = malloc(sizes[i]);
		usable = malloc_usable_size(p);
		assert_true(usable >= sizes[i] && usable >= 16);
		memset(p, 0xee, usable);
		free(p);
	}
}

/* Blocks of all sizes at once, none of which reaches into another. */
static void test_apart(void **state)
{
	enum { NR = 3000 };
	static void *p[NR];
	static size_t usable[NR];
	int i, round;

	srand(1);
	for (round = 0; round < 20000; round++) {
		i = rand() % NR;
		if (p[i]) {
			assert_true(intact(p[i], usable[i], i));
			free(p[i]);
			p[i] = NULL;
		} else {
			p[i] = malloc(rand() % 3 ? rand() % 300 : rand() % 30000);
			usable[i] = malloc_usable_size(p[i]);
			fill(p[i], usable[i], i);
		}
	}
	for (i = 0; i < NR; i++)
		if (p[i]) {
			assert_true(intact(p[i], usable[i], i));
			free(p[i]);
		}
}

#define LAST	6

static int last_comes_first(size_t size)
{
	int yes = 1;
	void *p[LAST];
	int k;

	for (k = 0; k < LAST; k++)
		p[k] = malloc(size);
	for (k = 0; k < LAST; k++)
		free(p[k]);
	for (k = LAST - 1; k >= 0; k--) {
		void *again = malloc(size);

		yes &= again == p[k];
		p[k] = again;
	}
	for (k = 0; k < LAST; k++)
		free(p[k]);
	return yes;
}

/*
 * What was freed last is warmest: it is handed out first, a run of pages too.
 * But for once, where a CPU has a slot and the thread is moved to another.
 */
static void test_last_freed_first(void **state)
{
	static const size_t sizes[] = { 100, 5000, 20000, 200000 };
	unsigned int i, tries;

	/* Without its sequences the library has no magazines. */
	if (SHARED_SLOTS && getenv("GLIBC_TUNABLES"))
		skip();
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		for (tries = 0; tries < 20 && !last_comes_first(sizes[i]); tries++)
			;
		assert_true(tries < 20);
	}
}

static void test_errno(void **state)
{
	void *p[NR_SIZES];
	size_t i;

	for (i = 0; i < NR_SIZES; i++) {
		errno = 42;
		p[i] = malloc(sizes[i]);
		assert_int_equal(errno, 42);
	}
	for (i = 0; i < NR_SIZES; i++) {
		free(p[i]);
		assert_int_equal(errno, 42);
	}
}

/* The system takes no locked page back: what free() calls then fails. */
static void test_errno_of_free(void **state)
{
	enum { NR = 160 };
	void *p[NR];
	int i;

	for (i = 0; i < NR; i++) {
		p[i] = malloc(MIB(1));
		assert_non_null(p[i]);
		if (mlock(p[i], MIB(1))) {
			free(p[i]);
			break;
		}
	}
	errno = 42;
	while (i--) {
		free(p[i]);
		assert_int_equal(errno, 42);
		munlock(p[i], MIB(1));
		errno = 42;
	}
}

/* Makes @nr blocks of @size, and frees them all. */
static void peak(size_t nr, size_t size)
{
	void **p = malloc(nr * sizeof(*p));
	size_t i;

	assert_non_null(p);
	for (i = 0; i < nr; i++) {
		p[i] = malloc(size);
		assert_non_null(p[i]);
		memset(p[i], 1, size);
	}
	assert_true(rss() >= nr * size);
	for (i = 0; i < nr; i++)
		free(p[i]);
	free(p);
}

/* A program that goes on with little, for ten seconds or until RSS is at @limit. */
static void go_on(size_t limit)
{
	void *p[2000];
	int i, round;

	for (round = 0; round < 1000 && rss() > limit; round++) {
		for (i = 0; i < 2000; i++)
			p[i] = malloc(64);
		for (i = 0; i < 2000; i++)
			free(p[i]);
		usleep(10000);
	}
}

/* Most of it at once, the rest as the program goes on, all that is free if asked. */
static void test_rss_falls(void **state)
{
	static const size_t of[] = { 64, 1000, 5000, 20000, 200000, MIB(6) };
	size_t i, before = rss();

	for (i = 0; i < 6; i++) {
		peak(MIB(192) / of[i], of[i]);
		assert_true(rss() <= before + MIB(120));
		go_on(before + MIB(16));
		assert_true(rss() <= before + MIB(16));
	}
	malloc_trim(0);
	assert_true(rss() <= before + MIB(8));
}

/* Writes to each of 4 MiB in blocks of @size, and frees them in no order. */
static void phase(size_t size)
{
	size_t i, j, nr = MIB(4) / size;
	char **p = malloc(nr * sizeof(*p)), *other;

	assert_non_null(p);
	for (i = 0; i < nr; i++) {
		p[i] = malloc(size);
		assert_non_null(p[i]);
		*p[i] = 1;
	}
	for (i = nr; i-- > 1;) {
		j = (i * 2654435761u) % (i + 1);
		other = p[i];
		p[i] = p[j];
		p[j] = other;
	}
	for (i = 0; i < nr; i++)
		free(p[i]);
	free(p);
}

/*
 * What one phase leaves in magazines, here a few blocks of each slab, serves
 * the next one of other sizes: no waiting for a second to pass.
 */
static void test_phases_share(void **state)
{
	size_t size, before;

	malloc_trim(0);
	before = rss();
	for (size = 32; size <= 512; size += 32)
		phase(size);
	assert_true(rss() <= before + MIB(20));
}

/* Mappings are used again: the one that fits best, and none of twice the size. */
static void test_mappings_again(void **state)
{
	char *p = malloc(MIB(5)), *q = malloc(MIB(9)), *r;

	assert_true(p && q);
	free(q);
	free(p);
	r = malloc(MIB(5) - 1);
	assert_ptr_equal(r, p);
	assert_true(malloc_usable_size(r) >= MIB(5) - 1);
	p = malloc(MIB(4) + 1);
	assert_non_null(p);
	assert_ptr_not_equal(p, q);
	free(p);
	free(r);
	/* Now that the other was freed last. */
	assert_ptr_equal(malloc(MIB(9)), q);
	free(q);
	p = malloc(MIB(5));
	assert_ptr_equal(p, r);
	free(p);
	malloc_trim(0);
}

/* What was written to is not handed out as zeroed. */
static void test_mappings_zeroed(void **state)
{
	char *p = malloc(MIB(5));

	assert_non_null(p);
	memset(p, 1, MIB(5));
	free(p);
	p = calloc(1, MIB(5));
	assert_non_null(p);
	assert_true(all_zero(p, MIB(5)));
	free(p);
	malloc_trim(0);
}

/* What was freed long ago makes room for what was freed just now: 64 MiB stay. */
static void test_mappings_in_turn(void **state)
{
	void *p[6], *again[3];
	size_t i;

	malloc_trim(0);
	for (i = 0; i < 6; i++) {
		p[i] = malloc(MIB(20) + 4096 * (i + 1));
		assert_non_null(p[i]);
	}
	for (i = 0; i < 6; i++)
		free(p[i]);
	for (i = 0; i < 3; i++) {
		again[i] = malloc(MIB(20) + 4096 * (i + 4));
		assert_ptr_equal(again[i], p[i + 3]);
	}
	for (i = 0; i < 3; i++)
		free(again[i]);
	malloc_trim(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_is_ours),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_aligned_errors),
		cmocka_unit_test(test_zero_size),
		cmocka_unit_test(test_zeroing),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_realloc_keeps),
		cmocka_unit_test(test_realloc_grows),
		cmocka_unit_test(test_realloc_room),
		cmocka_unit_test(test_usable),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_last_freed_first),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_errno_of_free),
		cmocka_unit_test(test_rss_falls),
		cmocka_unit_test(test_phases_share),
		cmocka_unit_test(test_mappings_again),
		cmocka_unit_test(test_mappings_zeroed),
		cmocka_unit_test(test_mappings_in_turn),
	};

	return cmocka_run_group_tests_name("malloc", tests, NULL, NULL);
}
