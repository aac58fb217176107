// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Looks at the clock before and after a row's run, over and over. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sort.h>

#include "bench.h"

/* Odd, so that there is a middle one. */
#define SAMPLES	101

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void time_side(const struct bench_row *row, const char *side, void (*run)(void))
{
	static u64 sample[SAMPLES];
	unsigned int n;
	u64 start;

	for (n = 0; n < SAMPLES; n++) {
		start = ktime_get_ns();
		run();
		sample[n] = ktime_get_ns() - start;
		cond_resched();
	}
	sort(sample, SAMPLES, sizeof(*sample), compare, NULL);
	pr_info("row %s %s %u %llu %llu\n", row->name, side, row->pairs,
		sample[0], sample[SAMPLES / 2]);
}

void bench_time(const struct bench_row *rows, unsigned int nr)
{
	unsigned int n;

	for (n = 0; n < nr; n++) {
		time_side(&rows[n], "zmem", rows[n].zmem);
		time_side(&rows[n], "kmem", rows[n].kmem);
	}
}
