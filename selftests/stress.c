// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * stress [operations]: every CPU allocates and frees, in each of the ways that
 * a workload knows, and every object's pattern is checked before its free.
 * Operations are allocations and frees; ten million unless given.
 */
#include "zmem_test.h"
#include "kselftest.h"

#define KIB(n)	((n) << 10)

/* How much of the whole each does, in hundredths, and how. */
static const struct {
	const char *name;
	uint32_t percent;
	uint32_t kind;
	uint32_t held;
	uint64_t size;
	uint64_t size_max;	/* 0: a cache of objects of that size */
} parts[] = {
	{ "pairs of 64 bytes, a cache", 15, ZMEM_IOC_RUN_BURST, 1, 64, 0 },
	{ "bursts of 200, a cache", 15, ZMEM_IOC_RUN_BURST, 200, 192, 0 },
	{ "bulks of 100, a cache", 15, ZMEM_IOC_RUN_BULK, 100, 96, 0 },
	{ "freed on another CPU, a cache", 15, ZMEM_IOC_RUN_CROSS, 2000, 128, 0 },
	{ "freed on another CPU, small sizes", 15, ZMEM_IOC_RUN_CROSS, 500, 8, 256 },
	{ "mix of small sizes", 20, ZMEM_IOC_RUN_MIX, 5000, 1, 256 },
	{ "mix of medium sizes", 4, ZMEM_IOC_RUN_MIX, 500, 257, KIB(8) },
	{ "mix of all sizes to 64 KiB", 1, ZMEM_IOC_RUN_MIX, 50, 1, KIB(64) },
};

static int run(int fd, struct zmem_ioc_run *run, bool with_cache)
{
	int ret;

	if (with_cache) {
		ret = cache_create(fd, "test-stress", run->size);
		if (ret < 0)
			return ret;
		run->cache = ret;
		run->size = 0;
	}
	ret = ioctl(fd, ZMEM_IOC_RUN, run);
	if (run->cache)
		ret |= cache_destroy(fd, run->cache);
	return ret;
}

static void test_part(int fd, size_t n, uint64_t operations, uint32_t cpus)
{
	struct zmem_ioc_run arg = {
		.kind = parts[n].kind,
		.ops = operations * parts[n].percent / 100 / 2 / cpus + 1,
		.seed = n + 1,
		.size = parts[n].size,
		.size_max = parts[n].size_max,
		.held = parts[n].held,
		.node = ZMEM_IOC_NODE_ANY,
		.flags = ZMEM_IOC_FILL,
	};
	bool good = !run(fd, &arg, !parts[n].size_max);
	uint64_t done = arg.allocs + arg.frees;

	if (!good)
		ksft_print_msg("%s\n", strerror(errno));
	else
		ksft_print_msg("%llu operations, %llu failures, %llu mismatches, %llu.%03llu s, %llu ops/s\n",
			       (unsigned long long)done,
			       (unsigned long long)arg.failures,
			       (unsigned long long)arg.mismatches,
			       (unsigned long long)arg.elapsed_ns / 1000000000,
			       (unsigned long long)arg.elapsed_ns / 1000000 % 1000,
			       (unsigned long long)(done * 1000000000.0 /
						    (arg.elapsed_ns + 1)));
	ksft_test_result(good && done == 2 * arg.ops * cpus && !arg.failures &&
			 !arg.mismatches, "%s\n", parts[n].name);
}

int main(int argc, char **argv)
{
	uint64_t operations = argc > 1 ? strtoull(argv[1], NULL, 0) : 10000000;
	uint32_t cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct state before, after;
	int fd = open(DEVICE, O_RDWR);
	size_t n;

	ksft_print_header();
	if (fd < 0)
		ksft_exit_fail_msg("%s: %s\n", DEVICE, strerror(errno));
	ksft_set_plan(ARRAY_LEN(parts) + 1);
	ksft_print_msg("%llu operations on %u CPUs\n",
		       (unsigned long long)operations, cpus);

	before = state_of(fd);
	for (n = 0; n < ARRAY_LEN(parts); n++)
		test_part(fd, n, operations, cpus);
	after = state_of(fd);
	ksft_test_result(same_state(&before, &after), "nothing is left\n");
	ksft_finished();
}
