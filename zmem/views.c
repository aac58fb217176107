// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A cache's parts, a table each: its CPUs, its nodes' depots and slabs, its
 * latencies; and what its tuner remembers.
 *
 * Words are read where they are, while others write them: a look disturbs no
 * CPU and takes no leaf lock.  No pointer into a CPU's share is followed, for
 * the magazine behind it may be gone.  What cannot be told so is "-".
 */
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <compat/stack.h>

#include "internal.h"
#include "core/cache.h"
#include "core/debug.h"
#include "core/magazine.h"
#include "core/sites.h"
#include "views.h"

/* A symbol with its module, longest. */
#define ZMEM_FRAME_MAX	160

static void view_head(struct seq_file *m, const char *what)
{
	seq_printf(m, "# zmem %s, version %d\n", what, ZMEM_VIEWS_VERSION);
}

/* ---- CPUs ---- */

/*
 * Objects in the loaded magazine: three words that may be of different
 * moments, and tell nothing then, or while the magazine is closed.
 */
static long loaded_objects(const struct zmem_cpu_area *a)
{
	void **low = READ_ONCE(a->fast.low);
	void **top = READ_ONCE(a->fast.top);
	void **high = READ_ONCE(a->fast.high);

	if (READ_ONCE(a->slow.closed) || top < low || top > high)
		return -1;
	return top - low <= ZMEM_MAGAZINE_MAX ? top - low : -1;
}

static void magazines_line(struct seq_file *m, int cpu, const struct zmem_cpu_area *a)
{
	unsigned long hits = READ_ONCE(a->fast.allocs) + READ_ONCE(a->slow.swap_allocs);
	unsigned long free_hits = zmem_cpu_frees(a) + READ_ONCE(a->slow.swap_frees);
	long objects = loaded_objects(a);
	u32 home = READ_ONCE(a->slow.home);

	/* Without a magazine it is where the first one's objects are to come from. */
	seq_printf(m, "%5d %5u %5u", cpu, home,
		   READ_ONCE(a->fast.loaded) ? READ_ONCE(a->fast.node) : home);
	if (objects < 0)
		seq_printf(m, " %7s", "-");
	else
		seq_printf(m, " %7ld", objects);
	seq_printf(m, " %6u %12lu %10lu %12lu %11lu %8lu %12lu %6lu\n",
		   READ_ONCE(a->slow.closed), hits, READ_ONCE(a->slow.slow_allocs),
		   free_hits, READ_ONCE(a->slow.slow_frees), READ_ONCE(a->slow.failures),
		   READ_ONCE(a->slow.remote_frees), READ_ONCE(a->slow.busy_hits));
}

static bool cpu_was_used(const struct zmem_cpu_area *a)
{
	return READ_ONCE(a->fast.allocs) || zmem_cpu_frees(a) ||
	       READ_ONCE(a->slow.slow_allocs) || READ_ONCE(a->slow.slow_frees);
}

/**
 * zmem_view_magazines() - a line for each CPU
 * @m: file
 * @c: the cache
 *
 * CPUs that are offline and made no call are left out.
 */
void zmem_view_magazines(struct seq_file *m, struct zmem_common *c)
{
	int cpu;

	view_head(m, "magazines");
	seq_printf(m, "# %3s %5s %5s %7s %6s %12s %10s %12s %11s %8s %12s %6s\n",
		   "cpu", "home", "node", "loaded", "closed", "hits", "misses",
		   "free_hits", "free_misses", "failures", "remote_frees", "busy");
	for_each_possible_cpu(cpu) {
		const struct zmem_cpu_area *a = per_cpu_ptr(zmem_area(c), cpu);

		if (cpu_online(cpu) || cpu_was_used(a))
			magazines_line(m, cpu, a);
	}
}

/* ---- nodes ---- */

static bool node_is_shown(int node, const struct zmem_node *n)
{
	return node_state(node, N_MEMORY) || READ_ONCE(n->slabs.nr) ||
	       READ_ONCE(n->depot.locks);
}

/**
 * zmem_view_nodes() - a line for each node's depot
 * @m: file
 * @c: the cache
 */
void zmem_view_nodes(struct seq_file *m, struct zmem_common *c)
{
	int node;

	view_head(m, "nodes");
	seq_printf(m, "# %3s %8s %8s %9s %8s %9s %10s %10s %10s\n", "node", "full",
		   "empty", "objects", "full_min", "empty_min", "exchanges",
		   "locks", "contended");
	for_each_node(node) {
		const struct zmem_depot *d = &c->node[node]->depot;

		if (!node_is_shown(node, c->node[node]))
			continue;
		seq_printf(m, "%6d %8u %8u %9lu %8u %9u %10lu %10lu %10lu\n", node,
			   READ_ONCE(d->nr_full), READ_ONCE(d->nr_empty),
			   READ_ONCE(d->objects), READ_ONCE(d->full_min),
			   READ_ONCE(d->empty_min), READ_ONCE(d->exchanges),
			   READ_ONCE(d->locks), atomic_long_read(&d->contended));
	}
}

/**
 * zmem_view_slabs() - a line for each node's slabs
 * @m: file
 * @c: the cache
 */
void zmem_view_slabs(struct seq_file *m, struct zmem_common *c)
{
	int node;

	view_head(m, "slabs");
	seq_printf(m, "# %3s %8s %8s %9s %10s %9s %12s %10s\n", "node", "slabs",
		   "empty", "pages", "desc_bytes", "in_use", "fresh", "trips");
	for_each_node(node) {
		const struct zmem_slabs *s = &c->node[node]->slabs;

		if (!node_is_shown(node, c->node[node]))
			continue;
		seq_printf(m, "%6d %8lu %8lu %9lu %10lu %9lu %12lu %10lu\n", node,
			   READ_ONCE(s->nr), READ_ONCE(s->nr_empty),
			   READ_ONCE(s->pages), READ_ONCE(s->desc_bytes),
			   READ_ONCE(s->in_use), READ_ONCE(s->fresh),
			   READ_ONCE(s->trips));
	}
}

/* ---- latency ---- */

/* The last bucket has no upper end. */
static void histogram_line(struct seq_file *m, const struct zmem_latency *l, int n)
{
	seq_printf(m, "%12llu", n ? 1ULL << n : 0);
	if (n == ZMEM_LATENCY_BUCKETS - 1)
		seq_printf(m, " %12s", "-");
	else
		seq_printf(m, " %12llu", 2ULL << n);
	seq_printf(m, " %12ld\n", atomic_long_read(&l->bucket[n]));
}

/**
 * zmem_view_histogram() - a line for each bucket of sampled latencies
 * @m: file
 * @c: the cache; one whose mode takes no samples shows one line of "-"
 */
void zmem_view_histogram(struct seq_file *m, struct zmem_common *c)
{
	int n;

	view_head(m, "histogram");
	seq_printf(m, "# %10s %12s %12s\n", "from_ns", "below_ns", "calls");
	if (!c->latency) {
		seq_printf(m, "%12s %12s %12s\n", "-", "-", "-");
		return;
	}
	for (n = 0; n < ZMEM_LATENCY_BUCKETS; n++)
		histogram_line(m, c->latency, n);
}

/* ---- live objects by who allocated them ---- */

static void frame_print(struct seq_file *m, const char *before, unsigned long entry)
{
	char name[ZMEM_FRAME_MAX];

	zmem_stack_frame(name, sizeof(name), entry);
	seq_printf(m, "%s%s", before, name);
}

static void age_print(struct seq_file *m, u64 when, u64 now)
{
	if (when)
		seq_printf(m, " %12llu", (now - when) / NSEC_PER_MSEC);
	else
		seq_printf(m, " %12s", "-");
}

static void traces_line(struct seq_file *m, const struct zmem_site *site, u64 now)
{
	unsigned long *entries;
	unsigned int nr = zmem_site_frames(site->stack, &entries), i;

	seq_printf(m, "%9lu %12llu", site->objects, site->bytes);
	age_print(m, site->newest, now);
	age_print(m, site->oldest, now);
	if (!nr)
		seq_puts(m, " -");
	else
		frame_print(m, " ", entries[0]);
	if (nr < 2)
		seq_puts(m, " -");
	for (i = 1; i < nr; i++)
		frame_print(m, i == 1 ? " " : "<", entries[i]);
	seq_putc(m, '\n');
}

/**
 * zmem_view_traces() - a line for each stack that allocated live objects
 * @m: file
 * @c: the cache; one that does not know shows one line of "-"
 *
 * Context: may sleep.
 */
void zmem_view_traces(struct seq_file *m, struct zmem_common *c)
{
	struct zmem_site *sites;
	unsigned int i, nr;
	u64 now;

	view_head(m, "traces");
	seq_printf(m, "# %7s %12s %12s %12s %s %s\n", "objects", "bytes", "newest_ms",
		   "oldest_ms", "site", "callers");
	if (!c->debug || !(c->debug_flags & ZMEM_DEBUG_TRACK)) {
		seq_printf(m, "%9s %12s %12s %12s - -\n", "-", "-", "-", "-");
		return;
	}
	sites = kvcalloc(ZMEM_SITES_MAX, sizeof(*sites), GFP_KERNEL);
	if (!sites)
		return;
	nr = zmem_sites_gather(c, sites);
	now = ktime_get_mono_fast_ns();
	for (i = 0; i < nr; i++)
		traces_line(m, &sites[i], now);
	kvfree(sites);
}

/* ---- the tuner ---- */

static long tuner_next_ms(const struct zmem_tuner *t)
{
	long left = (long)(t->next - jiffies);

	return left > 0 ? jiffies_to_msecs(left) : 0;
}

/**
 * zmem_view_tuner() - what the tuner remembers, a "key: value" a line
 * @m: file
 * @c: the cache
 *
 * Context: may sleep; takes zmem_caches_lock.
 */
void zmem_view_tuner(struct seq_file *m, struct zmem_common *c)
{
	const struct zmem_tuner *t = &c->tuner;

	mutex_lock(&zmem_caches_lock);
	seq_printf(m, "version: %d\n", ZMEM_VIEWS_VERSION);
	seq_printf(m, "magazine_size: %u\n", c->magazine_size);
	seq_printf(m, "magazine_max: %u\n", c->magazine_max);
	seq_printf(m, "tune_interval_ms: %u\n", c->tune_interval_ms);
	seq_printf(m, "next_ms: %ld\n", tuner_next_ms(t));
	seq_printf(m, "contended: %lu\n", t->contended);
	seq_printf(m, "exchanges: %lu\n", t->exchanges);
	seq_printf(m, "idle: %u\n", t->idle);
	seq_printf(m, "runs: %lu\n", t->runs);
	seq_printf(m, "grown: %lu\n", t->grown);
	seq_printf(m, "shrunk: %lu\n", t->shrunk);
	seq_printf(m, "trimmed: %lu\n", t->trimmed);
	mutex_unlock(&zmem_caches_lock);
}
