// SPDX-License-Identifier: GPL-2.0 OR MIT
/* zmemctl bench: what the kernel's workloads measure. */
#include <getopt.h>
#include <string.h>
#include "histogram.h"
#include "json.h"
#include "load.h"
#include "source.h"
#include "units.h"
#include "zmemctl.h"

/**
 * struct bench - a benchmark
 * @load: what runs
 * @mode: of the cache
 * @ns: for how long, unless @ops
 * @ops: pairs on each CPU
 * @all: what came of it
 * @one: likewise on one CPU
 * @stats: of the cache; by size nothing is known
 * @latency: likewise
 */
struct bench {
	struct load load;
	uint32_t mode;
	uint64_t ns;
	uint64_t ops;
	struct result all;
	struct result one;
	struct zmem_ioc_snapshot stats;
	struct histogram latency;
};

static bool parse_mode(const char *text, uint32_t *mode)
{
	static const char *const names[] = { "default", "fast", "balanced", "debug" };

	for (*mode = 0; *mode < ARRAY_LEN(names); ++*mode)
		if (!strcmp(text, names[*mode]))
			return true;
	return false;
}

static bool parse_sizes(char *text, struct load *l)
{
	char *dash = strchr(text, '-');

	if (dash)
		*dash++ = '\0';
	if (!parse_bytes(text, &l->size) || !l->size)
		return false;
	return !dash || (parse_bytes(dash, &l->size_max) && l->size_max > l->size);
}

static bool parse_u32(const char *text, uint32_t *value)
{
	uint64_t number;

	if (!parse_number(text, &number) || number > INT32_MAX)
		return false;
	*value = number;
	return true;
}

/* CPUs and threads are looked at when all options are known. */
struct bench_options {
	const char *cpus;
	const char *nodes;
	uint64_t threads;
};

static bool parse_option(struct bench *b, struct bench_options *o, int c)
{
	uint32_t node;

	switch (c) {
	case 'k':
		return kind_parse(optarg, &b->load.kind);
	case 'S':
		return parse_sizes(optarg, &b->load);
	case 'H':
		return parse_u32(optarg, &b->load.held);
	case 't':
		return parse_number(optarg, &o->threads) && o->threads;
	case 'C':
		o->cpus = optarg;
		return true;
	case 'N':
		o->nodes = optarg;
		return true;
	case 'p':
		if (!parse_u32(optarg, &node))
			return false;
		b->load.node = node;
		return true;
	case 'm':
		return parse_mode(optarg, &b->mode);
	case 'd':
		return parse_time(optarg, &b->ns);
	case 'o':
		return parse_number(optarg, &b->ops) && b->ops;
	default:
		return false;
	}
}

static void choose_cpus(struct load *l, const struct bench_options *o)
{
	if (o->cpus)
		load_cpus(l, o->cpus);
	if (o->nodes)
		load_nodes(l, o->nodes);
	if (o->threads > l->nr_cpus)
		fail(EXIT_USAGE, "%llu threads, one a CPU, want more CPUs than %zu",
		     (unsigned long long)o->threads, l->nr_cpus);
	if (o->threads)
		l->nr_cpus = o->threads;
}

static void parse(struct bench *b, int argc, char **argv)
{
	static const struct option names[] = {
		{ "kind", required_argument, NULL, 'k' },
		{ "size", required_argument, NULL, 'S' },
		{ "held", required_argument, NULL, 'H' },
		{ "threads", required_argument, NULL, 't' },
		{ "cpus", required_argument, NULL, 'C' },
		{ "nodes", required_argument, NULL, 'N' },
		{ "place", required_argument, NULL, 'p' },
		{ "mode", required_argument, NULL, 'm' },
		{ "duration", required_argument, NULL, 'd' },
		{ "ops", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	struct bench_options o = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "k:S:H:t:C:N:p:m:d:o:", names, NULL)) != -1)
		if (!parse_option(b, &o, c))
			usage("bench");
	if (optind != argc)
		usage("bench");
	choose_cpus(&b->load, &o);
}

/* One CPU first, in a cache of its own, for what more CPUs are compared with. */
static void run_one(struct bench *b)
{
	struct load one = b->load;

	if (b->load.nr_cpus == 1)
		return;
	one.nr_cpus = 1;
	if (!one.size_max)
		load_cache(&one, "bench1", b->mode);
	load_run(&one, b->ns / 2, b->ops, "one CPU", &b->one);
	load_uncache(&one);
}

static void run_all(struct bench *b)
{
	if (!b->load.size_max)
		load_cache(&b->load, "bench", b->mode);
	load_run(&b->load, b->ns, b->ops, "all CPUs", &b->all);
	if (!b->load.cache)
		return;
	snapshot_by_id(b->load.cache, &b->stats);
	histogram_read(&b->latency, b->stats.name);
	load_uncache(&b->load);
}

/* Of the throughput of as many single CPUs, the share that there is. */
static double scalability(const struct bench *b)
{
	double one = result_rate(&b->one), all = result_rate(&b->all);

	if (b->load.nr_cpus == 1)
		return 1;
	return one > 0 && all > 0 ? all / (one * b->load.nr_cpus) : -1;
}

/* In units of 1/10000; UNKNOWN if there is no whole or no cache to ask. */
static uint64_t share(const struct bench *b, uint64_t part, uint64_t whole)
{
	return *b->stats.name && whole ? part * 10000 / whole : UNKNOWN;
}

static uint64_t mean_ps(const struct bench *b)
{
	uint64_t calls = b->all.allocs + b->all.frees;

	return calls ? b->all.cpu_ns * 1000 / calls : UNKNOWN;
}

static void line(const char *name, const char *value)
{
	printf("%-28s %14s\n", name, value);
}

static void line_below(const char *name, const struct bench *b, unsigned int per_mille)
{
	uint64_t ns = histogram_below(&b->latency, per_mille);
	char text[UNIT_TEXT], below[UNIT_TEXT + 2];

	snprintf(below, sizeof(below), "%s%s", ns == UNKNOWN ? "" : "< ",
		 text_ns(text, ns));
	line(name, below);
}

static void line_ns(const char *name, uint64_t ps)
{
	char text[UNIT_TEXT] = "-";

	if (ps != UNKNOWN)
		snprintf(text, sizeof(text), "%.1f ns", ps / 1000.0);
	line(name, text);
}

static void print(const struct bench *b)
{
	const struct zmem_ioc_snapshot *s = &b->stats;
	char text[UNIT_TEXT];
	double factor = scalability(b);

	printf("# %s, %zu CPUs, %llu", kind_name(b->load.kind), b->load.nr_cpus,
	       (unsigned long long)b->load.size);
	if (b->load.size_max)
		printf(" to %llu", (unsigned long long)b->load.size_max);
	printf(" bytes, %u held, %.1f s\n", b->load.held, b->all.elapsed_ns / 1e9);
	line("throughput, calls/s", text_count(text, result_rate(&b->all)));
	line_ns("mean, loop included", mean_ps(b));
	line("sampled calls", *s->name ? text_count(text, histogram_calls(&b->latency)) : "-");
	line_below("p50", b, 500);
	line_below("p99", b, 990);
	line_below("p99.9", b, 999);
	line("allocation hits", text_share(text, share(b, s->hits, s->allocs)));
	line("allocation misses", text_share(text, share(b, s->misses, s->allocs)));
	line("free hits", text_share(text, share(b, s->free_hits, s->frees)));
	line("depot lock contention", text_share(text, share(b, s->contended, s->depot_locks)));
	line("remote frees", text_share(text, share(b, s->remote_frees, s->frees)));
	line("failed allocations", text_exact(text, b->all.failures));
	if (factor >= 0)
		snprintf(text, sizeof(text), "%.2f", factor);
	line("scalability factor", factor < 0 ? "-" : text);
}

static void print_json(const struct bench *b)
{
	const struct zmem_ioc_snapshot *s = &b->stats;

	json_open(NULL, '{');
	json_number("version", 1);
	json_string("kind", kind_name(b->load.kind));
	json_number("cpus", b->load.nr_cpus);
	json_number("size", b->load.size);
	json_number("size_max", b->load.size_max ? b->load.size_max : b->load.size);
	json_number("held", b->load.held);
	json_number("elapsed_ns", b->all.elapsed_ns);
	json_number("allocs", b->all.allocs);
	json_number("frees", b->all.frees);
	json_number("failures", b->all.failures);
	json_real("calls_per_second", result_rate(&b->all));
	json_number("mean_ps", mean_ps(b));
	json_number("samples", *s->name ? histogram_calls(&b->latency) : UNKNOWN);
	json_number("p50_below_ns", histogram_below(&b->latency, 500));
	json_number("p99_below_ns", histogram_below(&b->latency, 990));
	json_number("p999_below_ns", histogram_below(&b->latency, 999));
	json_share("hit_rate", share(b, s->hits, s->allocs));
	json_share("miss_rate", share(b, s->misses, s->allocs));
	json_share("free_hit_rate", share(b, s->free_hits, s->frees));
	json_share("contention", share(b, s->contended, s->depot_locks));
	json_share("remote_frees", share(b, s->remote_frees, s->frees));
	json_real("scalability", scalability(b));
	json_close('}');
	json_end();
}

int cmd_bench(int argc, char **argv)
{
	static struct bench b = { .mode = ZMEM_IOC_MODE_BALANCED, .ns = 5 * NSEC };

	load_init(&b.load);
	parse(&b, argc, argv);
	if (b.load.kind == ZMEM_IOC_RUN_BULK && b.load.size_max)
		fail(EXIT_USAGE, "bulk calls want one size: they need a cache");
	run_one(&b);
	run_all(&b);
	if (common.json)
		print_json(&b);
	else
		print(&b);
	return EXIT_OK;
}
