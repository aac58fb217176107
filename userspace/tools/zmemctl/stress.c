// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * zmemctl stress: every kind of workload, in caches and by size, each object
 * filled, and checked before it is freed.  What must hold in the end: no byte
 * was changed by anybody else, no object is left, no misuse was reported.
 */
#include <getopt.h>
#include <string.h>
#include "json.h"
#include "load.h"
#include "source.h"
#include "units.h"
#include "zmemctl.h"

static const struct {
	uint32_t kind;
	uint64_t size;
	uint64_t size_max;
	uint32_t held;
	uint32_t mode;
} rounds[] = {
	{ ZMEM_IOC_RUN_BURST, 8, 0, 500, ZMEM_IOC_MODE_FAST },
	{ ZMEM_IOC_RUN_MIX, 1, 8192, 300, 0 },
	{ ZMEM_IOC_RUN_BULK, 192, 0, 64, ZMEM_IOC_MODE_BALANCED },
	{ ZMEM_IOC_RUN_CROSS, 64, 0, 1000, ZMEM_IOC_MODE_BALANCED },
	{ ZMEM_IOC_RUN_MIX, 8193, 65536, 20, 0 },
	{ ZMEM_IOC_RUN_CROSS, 1, 4096, 200, 0 },
	{ ZMEM_IOC_RUN_MIX, 1000, 0, 200, ZMEM_IOC_MODE_DEBUG },
	{ ZMEM_IOC_RUN_BURST, 4096, 0, 100, ZMEM_IOC_MODE_BALANCED },
};

/* What stress found. */
struct found {
	uint64_t calls;
	uint64_t failures;
	uint64_t mismatches;
	uint64_t left;
	uint64_t errors;
};

static void run_round(struct load *l, size_t n, uint64_t ns, struct found *found)
{
	struct zmem_ioc_snapshot s;
	struct result r;

	l->kind = rounds[n].kind;
	l->size = rounds[n].size;
	l->size_max = rounds[n].size_max;
	l->held = rounds[n].held;
	if (!l->size_max)
		load_cache(l, "stress", rounds[n].mode);
	load_run(l, ns, 0, kind_name(l->kind), &r);
	l->seed += 1000;
	found->calls += r.allocs + r.frees;
	found->failures += r.failures;
	found->mismatches += r.mismatches;
	if (!l->cache)
		return;
	snapshot_by_id(l->cache, &s);
	found->left += s.objects;
	load_uncache(l);
}

static uint64_t all_errors(void)
{
	static struct caches c;
	uint64_t errors = 0;
	size_t n;

	caches_read(&c);
	for (n = 0; n < c.nr; n++)
		errors += c.snap[n].errors;
	return errors;
}

static void print(const struct found *f)
{
	if (!common.json) {
		printf("%llu calls, %llu allocations failed; %llu objects had other bytes, %llu were left, %llu misuses were reported\n",
		       (unsigned long long)f->calls, (unsigned long long)f->failures,
		       (unsigned long long)f->mismatches, (unsigned long long)f->left,
		       (unsigned long long)f->errors);
		return;
	}
	json_open(NULL, '{');
	json_number("version", 1);
	json_number("calls", f->calls);
	json_number("failures", f->failures);
	json_number("mismatches", f->mismatches);
	json_number("left", f->left);
	json_number("errors", f->errors);
	json_close('}');
	json_end();
}

int cmd_stress(int argc, char **argv)
{
	uint64_t ns = 10 * NSEC, errors;
	struct found found = { 0 };
	static struct load load;
	size_t n;
	int c;

	load_init(&load);
	load.flags = ZMEM_IOC_FILL;
	while ((c = getopt(argc, argv, "C:N:d:x:")) != -1) {
		if (c == 'C')
			load_cpus(&load, optarg);
		else if (c == 'N')
			load_nodes(&load, optarg);
		else if (c == 'd' ? !parse_time(optarg, &ns) :
			 c != 'x' || !parse_number(optarg, &load.seed))
			usage("stress");
	}
	if (optind != argc)
		usage("stress");
	errors = all_errors();
	for (n = 0; n < ARRAY_LEN(rounds); n++)
		run_round(&load, n, ns / ARRAY_LEN(rounds), &found);
	found.errors = all_errors() - errors;
	print(&found);
	return found.mismatches || found.left || found.errors ? EXIT_FOUND : EXIT_OK;
}
