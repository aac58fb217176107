// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What a latency sample costs itself: of this clock it is known to be more than nothing. */
#include <linux/ktime.h>

#include "tests/util.h"
#include "core/latency.h"

static void detour_is_measured(struct kunit *test)
{
	zmem_latency_calibrate();
	KUNIT_EXPECT_GT(test, zmem_latency_detour(), 0);
	/* The least of many: not even an emulator takes as long for one. */
	KUNIT_EXPECT_LT(test, zmem_latency_detour(), NSEC_PER_MSEC);
}

static struct kunit_case clock_cases[] = {
	KUNIT_CASE(detour_is_measured),
	{}
};

static struct kunit_suite clock_suite = {
	.name = "zmem_clock",
	.test_cases = clock_cases,
};

kunit_test_suite(clock_suite);
