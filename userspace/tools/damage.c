// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A program that writes behind an object of its debug cache, and then waits. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../lib/zmem.h"

#define SIZE	100

int main(void)
{
	struct zmem_cache_args args = { .mode = ZMEM_MODE_DEBUG };
	struct zmem_cache *sound = zmem_cache_create("sound", SIZE, &args);
	struct zmem_cache *damaged = zmem_cache_create("damaged", SIZE, &args);
	char *good = sound ? zmem_cache_alloc(sound, GFP_KERNEL) : NULL;
	char *bad = damaged ? zmem_cache_alloc(damaged, GFP_KERNEL) : NULL;

	if (!good || !bad) {
		fprintf(stderr, "damage: no debug caches\n");
		return 1;
	}
	memset(good, 0, SIZE);
	memset(bad, 0, SIZE + 1);
	puts("damaged");
	fflush(stdout);
	pause();
	return 0;
}
