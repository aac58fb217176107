// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Rows by size: how the size is known, zeroing, and what sizes there are. */
#include <linux/kernel.h>
#include <linux/sizes.h>

#include "bench.h"

/* A size that the compiler does not know: its class is found in the call. */
static __always_inline void called(enum bench_side side)
{
	size_t size = BENCH_SIZE;

	OPTIMIZER_HIDE_VAR(size);
	bench_size_pairs(side, BENCH_PAIRS, size, GFP_KERNEL);
}
BENCH_SIDES(size_called_64, called)

/* A size that changes from call to call. */
static const u16 sizes[] = { 24, 200, 64, 1000, 8, 100, 500, 48 };

static __always_inline void variable(enum bench_side side)
{
	unsigned int n;
	void *p;

	for (n = 0; n < BENCH_PAIRS; n++) {
		p = side_alloc(side, READ_ONCE(sizes[n % ARRAY_SIZE(sizes)]), GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
		side_free(side, p);
	}
}
BENCH_SIDES(size_variable, variable)

BENCH_SIDES(size_zeroed_64, bench_size_pairs, BENCH_PAIRS, BENCH_SIZE,
	    GFP_KERNEL | __GFP_ZERO)

#define SWEEP(size)							\
	BENCH_SIDES(sweep_##size, bench_size_pairs, BENCH_PAIRS, size, GFP_KERNEL)
SWEEP(8)
SWEEP(16)
SWEEP(32)
SWEEP(64)
SWEEP(96)
SWEEP(128)
SWEEP(192)
SWEEP(256)
SWEEP(512)
SWEEP(1024)
SWEEP(2048)
SWEEP(4096)
SWEEP(8192)

/* Fewer of them: by default the kernel zeroes every page. */
#define RUN_64K_PAIRS	100
#define RUN_1M_PAIRS	10

BENCH_SIDES(run_64k, bench_size_pairs, RUN_64K_PAIRS, SZ_64K, GFP_KERNEL)
BENCH_SIDES(run_1m, bench_size_pairs, RUN_1M_PAIRS, SZ_1M, GFP_KERNEL)

static const struct bench_row rows[] = {
	BENCH_ROW(size_called_64, BENCH_PAIRS),
	BENCH_ROW(size_variable, BENCH_PAIRS),
	BENCH_ROW(size_zeroed_64, BENCH_PAIRS),
	BENCH_ROW(sweep_8, BENCH_PAIRS),
	BENCH_ROW(sweep_16, BENCH_PAIRS),
	BENCH_ROW(sweep_32, BENCH_PAIRS),
	BENCH_ROW(sweep_64, BENCH_PAIRS),
	BENCH_ROW(sweep_96, BENCH_PAIRS),
	BENCH_ROW(sweep_128, BENCH_PAIRS),
	BENCH_ROW(sweep_192, BENCH_PAIRS),
	BENCH_ROW(sweep_256, BENCH_PAIRS),
	BENCH_ROW(sweep_512, BENCH_PAIRS),
	BENCH_ROW(sweep_1024, BENCH_PAIRS),
	BENCH_ROW(sweep_2048, BENCH_PAIRS),
	BENCH_ROW(sweep_4096, BENCH_PAIRS),
	BENCH_ROW(sweep_8192, BENCH_PAIRS),
	BENCH_ROW(run_64k, RUN_64K_PAIRS),
	BENCH_ROW(run_1m, RUN_1M_PAIRS),
};

int bench_sizes(void)
{
	bench_time(rows, ARRAY_SIZE(rows));
	return 0;
}
