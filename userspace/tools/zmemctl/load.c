// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Workloads in the kernel, by ZMEM_IOC_RUN. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "load.h"
#include "source.h"
#include "units.h"
#include "zmemctl.h"

#define SLICE_NS	(NSEC / 2)
#define FIRST_OPS	2000u

static const char *const kinds[] = {
	[ZMEM_IOC_RUN_BURST] = "burst",
	[ZMEM_IOC_RUN_BULK] = "bulk",
	[ZMEM_IOC_RUN_CROSS] = "cross",
	[ZMEM_IOC_RUN_MIX] = "mix",
};

bool kind_parse(const char *text, uint32_t *kind)
{
	for (*kind = 0; *kind < ARRAY_LEN(kinds); ++*kind)
		if (!strcmp(text, kinds[*kind]))
			return true;
	return false;
}

const char *kind_name(uint32_t kind)
{
	return kinds[kind];
}

void load_init(struct load *l)
{
	memset(l, 0, sizeof(*l));
	l->size = 64;
	l->held = 100;
	l->node = ZMEM_IOC_NODE_ANY;
	l->seed = 1;
	l->nr_cpus = sysfs_list("/sys/devices/system/cpu/online", l->cpus,
				ARRAY_LEN(l->cpus));
	if (!l->nr_cpus)
		fail(EXIT_ERROR, "cannot tell which CPUs are online");
}

static bool has(const uint32_t *list, size_t nr, uint32_t value)
{
	while (nr--)
		if (list[nr] == value)
			return true;
	return false;
}

/* Leaves the CPUs that are on the list too. */
static void keep(struct load *l, const uint32_t *list, size_t nr)
{
	size_t n, kept = 0;

	for (n = 0; n < l->nr_cpus; n++)
		if (has(list, nr, l->cpus[n]))
			l->cpus[kept++] = l->cpus[n];
	l->nr_cpus = kept;
}

void load_cpus(struct load *l, const char *list)
{
	uint32_t wanted[ZMEM_IOC_CPUS_MAX];
	size_t n, nr = parse_list(list, wanted, ARRAY_LEN(wanted));

	if (!nr)
		fail(EXIT_USAGE, "'%s' is no list of CPUs", list);
	for (n = 0; n < nr; n++)
		if (!has(l->cpus, l->nr_cpus, wanted[n]))
			fail(EXIT_USAGE, "CPU %u is not online", wanted[n]);
	keep(l, wanted, nr);
}

void load_nodes(struct load *l, const char *list)
{
	uint32_t nodes[64], cpus[ZMEM_IOC_CPUS_MAX];
	size_t n, nr = parse_list(list, nodes, ARRAY_LEN(nodes)), nr_cpus = 0;
	char path[80];

	if (!nr)
		fail(EXIT_USAGE, "'%s' is no list of nodes", list);
	for (n = 0; n < nr; n++) {
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/cpulist",
			 nodes[n]);
		if (access(path, F_OK))
			fail(EXIT_USAGE, "node %u is not online", nodes[n]);
		nr_cpus += sysfs_list(path, cpus + nr_cpus, ARRAY_LEN(cpus) - nr_cpus);
	}
	keep(l, cpus, nr_cpus);
	if (!l->nr_cpus)
		fail(EXIT_USAGE, "no CPU of nodes %s is left to run on", list);
}

void load_cache(struct load *l, const char *name, uint32_t mode)
{
	/* The tuner takes samples each time that it looks: let it look often. */
	struct zmem_ioc_cache arg = {
		.size = l->size, .mode = mode, .tune_interval_ms = 100,
	};
	int id;

	snprintf(arg.name, sizeof(arg.name), "%s-%d", name, getpid());
	id = ioctl(device(), ZMEM_IOC_CACHE_CREATE, &arg);
	if (id < 0)
		fail(EXIT_ERROR, "cannot make a cache of %llu-byte objects: %s",
		     (unsigned long long)l->size, strerror(errno));
	l->cache = id;
}

void load_uncache(struct load *l)
{
	struct zmem_ioc_target arg = { .cache = l->cache };

	if (l->cache && ioctl(device(), ZMEM_IOC_CACHE_DESTROY, &arg))
		fail(EXIT_ERROR, "cannot destroy the cache: %s", strerror(errno));
	l->cache = 0;
}

static void refuse_run(int error)
{
	switch (error) {
	case EINTR:
		fail(EXIT_ERROR, "interrupted");
	case EDQUOT:
		fail(EXIT_ERROR, "the objects held at once are more than a program may hold");
	case E2BIG:
	case EINVAL:
		fail(EXIT_USAGE, "the module refuses this workload: %s", strerror(error));
	case ENODEV:
		fail(EXIT_USAGE, "no such CPU or node is online");
	default:
		fail(EXIT_ERROR, "workload: %s", strerror(error));
	}
}

static void run_slice(const struct load *l, uint64_t ops, uint64_t seed,
		      struct result *sum)
{
	struct zmem_ioc_run arg = {
		.cpus = (uintptr_t)l->cpus,
		.nr_cpus = l->nr_cpus,
		.kind = l->kind,
		.ops = ops,
		.seed = seed,
		.size = l->cache ? 0 : l->size,
		.size_max = l->cache ? 0 : l->size_max,
		.cache = l->cache,
		.held = l->held,
		.node = l->node,
		.flags = l->flags,
	};

	if (ioctl(device(), ZMEM_IOC_RUN, &arg))
		refuse_run(errno);
	sum->allocs += arg.allocs;
	sum->frees += arg.frees;
	sum->failures += arg.failures;
	sum->mismatches += arg.mismatches;
	sum->elapsed_ns += arg.elapsed_ns;
	sum->cpu_ns += arg.op_ps / 1000.0 * (arg.allocs + arg.frees);
}

double result_rate(const struct result *r)
{
	return r->elapsed_ns ? (r->allocs + r->frees) * 1e9 / r->elapsed_ns : -1;
}

static void progress(const char *what, double done, const struct result *sum)
{
	char rate[UNIT_TEXT];

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %3.0f %%, %s calls/s \033[K", what,
			done > 1 ? 100 : 100 * done,
			text_count(rate, result_rate(sum)));
}

/* Pairs for the next slice, by how long the last one took. */
static uint64_t next_ops(uint64_t ops, uint64_t took, uint64_t left)
{
	uint64_t want = left < SLICE_NS ? left : SLICE_NS;
	double next = (double)ops * want / (took ? took : 1);

	if (next > 20.0 * ops)
		return 20 * ops;
	return next < 1 ? 1 : next;
}

void load_run(const struct load *l, uint64_t ns, uint64_t ops, const char *what,
	      struct result *sum)
{
	uint64_t slice = FIRST_OPS, done = 0, begin = now_ns(), before, now;
	uint64_t seed = l->seed;

	memset(sum, 0, sizeof(*sum));
	before = begin;
	do {
		if (ops && slice > ops - done)
			slice = ops - done;
		run_slice(l, slice, seed++, sum);
		done += slice;
		now = now_ns();
		slice = next_ops(slice, now - before,
				 ops || now - begin >= ns ? SLICE_NS : ns - (now - begin));
		before = now;
		progress(what, ops ? (double)done / ops : (double)(now - begin) / ns, sum);
	} while (ops ? done < ops : now - begin < ns);
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}
