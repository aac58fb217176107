// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A client of debug caches that does nothing wrong; each patch beside it seeds
 * one bug in it, or in the core.
 */
#include <stdio.h>
#include <string.h>

#include <zmem/zmem.h>

#define NR	100
#define SIZE	40

static const struct zmem_cache_args debug = { .mode = ZMEM_MODE_DEBUG };

static void use(struct zmem_cache *things, char **objects)
{
	int i;

	for (i = 0; i < NR; i++) {
		objects[i] = zmem_cache_alloc(things, GFP_KERNEL);
		memset(objects[i], i, SIZE);
	}
}

static void drop(struct zmem_cache *things, struct zmem_cache *others, char **objects)
{
	int i;

	for (i = 0; i < NR; i++)
		zmem_cache_free(things, objects[i]);
}

int main(void)
{
	struct zmem_cache *things = zmem_cache_create("things", SIZE, &debug);
	struct zmem_cache *others = zmem_cache_create("others", SIZE, &debug);
	char *objects[NR];

	use(things, objects);
	drop(things, others, objects);
	zmem_cache_destroy(others);
	zmem_cache_destroy(things);
	puts("client: done");
	return 0;
}
