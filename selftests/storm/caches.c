// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The caches of a storm: one for each way that an object may go. */
#include <linux/err.h>
#include <linux/kernel.h>

#include "storm.h"

struct zmem_cache *storm_caches[STORM_NR_CACHES];

/* An object that nobody has bears no tag. */
void storm_ctor(void *object)
{
	struct storm_object *o = object;

	o->tag = 0;
}

static const struct {
	const char *name;
	unsigned int size;
	struct zmem_cache_args args;
} kinds[STORM_NR_CACHES] = {
	{ "storm-fast", 32, { .mode = ZMEM_MODE_FAST } },
	{ "storm-balanced", 64, { .mode = ZMEM_MODE_BALANCED } },
	{ "storm-small-mags", 96, { .magazine_max = 3, .depot_max_kib = 4 } },
	{ "storm-ctor", 200, { .ctor = storm_ctor, .mode = ZMEM_MODE_FAST } },
	{ "storm-safe", 328, { .ctor = storm_ctor, .flags = ZMEM_TYPESAFE_BY_RCU } },
	{ "storm-interleaved", 1000, { .node_policy = ZMEM_NODE_INTERLEAVE } },
	{ "storm-limited", 160, { .reserve = 8, .limit = 200 } },
	{ "storm-debug", 128, { .mode = ZMEM_MODE_DEBUG } },
};

unsigned int storm_cache_size(unsigned int cache)
{
	return kinds[cache].size;
}

/* Whether its objects are freed as their constructor left them. */
bool storm_cache_keeps(unsigned int cache)
{
	return cache < STORM_NR_CACHES && kinds[cache].args.ctor;
}

int storm_caches_make(void)
{
	unsigned int n;

	for (n = 0; n < STORM_NR_CACHES; n++) {
		struct zmem_cache *cache = zmem_cache_create(kinds[n].name, kinds[n].size,
							     &kinds[n].args);

		if (IS_ERR(cache)) {
			storm_caches_destroy();
			return PTR_ERR(cache);
		}
		storm_caches[n] = cache;
	}
	return 0;
}

/* Objects that were freed by RCU are still on their way. */
void storm_caches_destroy(void)
{
	unsigned int n;

	for (n = 0; n < STORM_NR_CACHES; n++) {
		zmem_cache_destroy(storm_caches[n]);
		storm_caches[n] = NULL;
	}
}
