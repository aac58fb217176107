// SPDX-License-Identifier: GPL-2.0 OR MIT
/* zmemctl watch: rates, a line each time, in the habit of vmstat. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "json.h"
#include "source.h"
#include "units.h"
#include "zmemctl.h"

/* Of one cache, or summed over all. */
struct sums {
	uint64_t when;
	uint64_t allocs, frees, hits, exchanges, contended, remote, failures;
	uint64_t objects, held;
};

static void add(struct sums *to, const struct zmem_ioc_snapshot *s)
{
	to->allocs += s->allocs;
	to->frees += s->frees;
	to->hits += s->hits;
	to->exchanges += s->exchanges;
	to->contended += s->contended;
	to->remote += s->remote_frees;
	to->failures += s->failures;
	to->objects += s->objects;
	to->held += s->bytes_held;
}

static void take(struct sums *sums, const char *name)
{
	static struct caches c;
	struct zmem_ioc_snapshot s;
	size_t n;

	memset(sums, 0, sizeof(*sums));
	if (name) {
		snapshot_by_name(name, &s);
		add(sums, &s);
	} else {
		caches_read(&c);
		for (n = 0; n < c.nr; n++)
			add(sums, &c.snap[n]);
	}
	sums->when = now_ns();
}

/* A second; caches come and go, so a sum may fall. */
static uint64_t per_second(uint64_t now, uint64_t before, uint64_t ns)
{
	return now > before ? (double)(now - before) * NSEC / ns : 0;
}

static void print_line(const struct sums *now, const struct sums *before, unsigned int line)
{
	uint64_t ns = now->when - before->when, allocs = now->allocs - before->allocs;
	char text[9][UNIT_TEXT];

	if (line % 20 == 0)
		printf("%9s %9s %8s %9s %9s %9s %7s %9s %8s\n", "allocs/s", "frees/s",
		       "hit", "exchgs/s", "contend/s", "remote/s", "failed", "objects",
		       "held");
	printf("%9s %9s %8s %9s %9s %9s %7s %9s %8s\n",
	       text_count(text[0], per_second(now->allocs, before->allocs, ns)),
	       text_count(text[1], per_second(now->frees, before->frees, ns)),
	       text_share(text[2], allocs ? (now->hits - before->hits) * 10000 / allocs : UNKNOWN),
	       text_count(text[3], per_second(now->exchanges, before->exchanges, ns)),
	       text_count(text[4], per_second(now->contended, before->contended, ns)),
	       text_count(text[5], per_second(now->remote, before->remote, ns)),
	       text_exact(text[6], now->failures - before->failures),
	       text_count(text[7], now->objects), text_bytes(text[8], now->held));
}

static void print_json(const struct sums *now, const struct sums *before)
{
	uint64_t ns = now->when - before->when, allocs = now->allocs - before->allocs;

	json_open(NULL, '{');
	json_number("interval_ns", ns);
	json_number("allocs", allocs);
	json_number("frees", now->frees - before->frees);
	json_share("hit_rate", allocs ? (now->hits - before->hits) * 10000 / allocs : UNKNOWN);
	json_number("exchanges", now->exchanges - before->exchanges);
	json_number("contended", now->contended - before->contended);
	json_number("remote_frees", now->remote - before->remote);
	json_number("failures", now->failures - before->failures);
	json_number("objects", now->objects);
	json_number("bytes_held", now->held);
	json_close('}');
	json_end();
}

static void wait_ns(uint64_t ns)
{
	struct timespec t = { .tv_sec = ns / NSEC, .tv_nsec = ns % NSEC };

	nanosleep(&t, NULL);
}

int cmd_watch(int argc, char **argv)
{
	uint64_t interval = NSEC, lines = 0;
	struct sums before, now;
	const char *name;
	unsigned int line;
	int c;

	while ((c = getopt(argc, argv, "d:n:")) != -1)
		if (c == 'd' ? !parse_time(optarg, &interval) :
		    c != 'n' || !parse_number(optarg, &lines))
			usage("watch");
	if (optind < argc - 1)
		usage("watch");
	name = argv[optind];
	take(&before, name);
	for (line = 0; !lines || line < lines; line++) {
		wait_ns(interval);
		take(&now, name);
		if (common.json)
			print_json(&now, &before);
		else
			print_line(&now, &before, line);
		check_output();
		before = now;
	}
	return EXIT_OK;
}
