// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "probe.h"

struct findings findings = {
	.rss = { .name = "rss_over_time" },
	.sizes = { .name = "ns_by_size" },
};

static const struct workload *const lists[] = {
	basic_workloads, thread_workloads, memory_workloads, stream_workloads,
};

#define LISTS	(sizeof(lists) / sizeof(*lists))

struct options {
	unsigned int threads, passes, modes;
	double scale;
	bool audit, list, wall;
};

static void usage(void)
{
	die("usage: zmem-bench [OPTION]... WORKLOAD\n"
	    "  -t N     threads (as few as the workload needs)\n"
	    "  -n N     passes that are timed (5)\n"
	    "  -x X     operations of a pass, times X (1)\n"
	    "  -S FILE  stream to replay\n"
	    "  -a       a pass more that samples latencies and reuse; memory\n"
	    "  -w       time one thread as several are: not the main one, wall clock\n"
	    "  -v       no times: verify what is in memory\n"
	    "  -l       list workloads: name, threads, whether they need memory, question");
}

static void list_all(void)
{
	const struct workload *w;
	unsigned int i;

	for (i = 0; i < LISTS; i++)
		for (w = lists[i]; w->name; w++)
			printf("%s\t%u\t%d\t%s\n", w->name,
			       w->threads ? w->threads : 1, w->needs_memory,
			       w->question);
}

static const struct workload *find(const char *name)
{
	const struct workload *w;
	unsigned int i;

	for (i = 0; i < LISTS; i++)
		for (w = lists[i]; w->name; w++)
			if (!strcmp(w->name, name))
				return w;
	die("no workload '%s'", name);
}

static double number(const char *text, double least, double most)
{
	char *end;
	double n = strtod(text, &end);

	if (!*text || *end || !(n >= least && n <= most))
		die("'%s' is not between %g and %g", text, least, most);
	return n;
}

static void parse(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "t:n:x:S:awvl")) != -1) {
		switch (c) {
		case 't':
			o->threads = number(optarg, 1, BENCH_THREADS_MAX);
			break;
		case 'n':
			o->passes = number(optarg, 1, 1000);
			break;
		case 'x':
			o->scale = number(optarg, 0.0001, 1000);
			break;
		case 'S':
			stream_path = optarg;
			break;
		case 'a':
			o->audit = true;
			o->modes |= PROBE_LATENCY | PROBE_REUSE;
			break;
		case 'w':
			o->wall = true;
			break;
		case 'v':
			o->modes = PROBE_VERIFY;
			break;
		case 'l':
			o->list = true;
			break;
		default:
			usage();
		}
	}
	if (optind + !o->list != argc)
		usage();
}

static void print_series(const struct series *s)
{
	unsigned int i;

	if (!s->count)
		return;
	printf(",\"%s\":[", s->name);
	for (i = 0; i < s->count; i++)
		printf("%s[%g,%g]", i ? "," : "", s->point[i].x,
		       s->point[i].y);
	printf("]");
}

static void print_latency(const char *name, struct probe **probes,
			  unsigned int threads, bool frees)
{
	double quantile[QUANTILES] = { 0 };
	unsigned int i;

	if (!probe_merge(probes, threads, frees, quantile))
		return;
	printf(",\"%s\":[", name);
	for (i = 0; i < QUANTILES; i++)
		printf("%s[%g,%.1f]", i ? "," : "", probe_quantile[i],
		       quantile[i]);
	printf("]");
}

static void print_probes(const struct options *o)
{
	struct probe *probes[BENCH_THREADS_MAX];
	uint64_t allocs = 0, reused = 0;
	unsigned int i;

	for (i = 0; i < o->threads; i++) {
		probes[i] = worker_probe(i);
		allocs += probes[i]->allocs;
		reused += probes[i]->reused;
	}
	if (o->modes & PROBE_LATENCY) {
		printf(",\"timer_ns\":%.1f", probe_timer_ns());
		print_latency("malloc_ns", probes, o->threads, false);
		print_latency("free_ns", probes, o->threads, true);
	}
	if (allocs && o->threads == 1)
		printf(",\"reuse\":%.5f", (double)reused / allocs);
}

static void print_times(const struct workload *w, const struct options *o,
			uint64_t ops, const struct timing *t)
{
	uint64_t total = w->relay ? ops * o->threads / 2 : ops * o->threads;
	unsigned int i;

	printf(",\"clock\":\"%s\",\"ops\":%llu,\"thread_ops\":%llu,\"pass_ns\":[",
	       t->cpu_clock ? "cpu" : "wall", (unsigned long long)total,
	       (unsigned long long)ops);
	for (i = 0; i < t->passes; i++)
		printf("%s%llu", i ? "," : "",
		       (unsigned long long)t->pass_ns[i]);
	printf("],\"rss_kib\":%lu,\"own_kib\":%lu", t->rss_kib, t->own_kib);
}

static void print_all(const struct workload *w, const struct options *o,
		      uint64_t ops, const struct timing *t)
{
	printf("{\"workload\":\"%s\",\"threads\":%u,\"library\":\"%s\"",
	       w->name, o->threads, malloc_library());
	if (o->modes & PROBE_VERIFY)
		printf(",\"verified\":true");
	else
		print_times(w, o, ops, t);
	if (o->modes)
		print_probes(o);
	if (findings.live_bytes)
		printf(",\"live_bytes\":%llu,\"usable_bytes\":%llu,\"held_bytes\":%llu",
		       (unsigned long long)findings.live_bytes,
		       (unsigned long long)findings.usable_bytes,
		       (unsigned long long)findings.held_bytes);
	print_series(&findings.rss);
	print_series(&findings.sizes);
	printf("}\n");
	if (fflush(stdout) || ferror(stdout))
		die("cannot write: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	struct options o = { .passes = 5, .scale = 1 };
	static char output[1 << 16];
	const struct workload *w;
	struct timing timing = { 0 };
	uint64_t ops;

	setvbuf(stdout, output, _IOFBF, sizeof(output));
	parse(&o, argc, argv);
	if (o.list) {
		list_all();
		return 0;
	}
	w = find(argv[optind]);
	if (w->needs_memory && null_is_here())
		die("%s: cannot run with a malloc that returns one address",
		    w->name);
	if (!o.threads)
		o.threads = w->threads ? w->threads : 1;
	if (o.threads < w->threads)
		die("%s: needs %u threads", w->name, w->threads);
	ops = w->ops * o.scale + 1;
	timing.passes = o.passes;
	timing.pass_ns = bench_pages(o.passes * sizeof(*timing.pass_ns));
	timing.audit = o.audit && !null_is_here();
	timing.cpu_clock = o.threads == 1 && !o.wall;
	pin_to(0);
	run_workload(w, o.threads, ops, o.modes, &timing);
	print_all(w, &o, ops, &timing);
	return 0;
}
