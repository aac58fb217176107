// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A program that replaces blocks of many sizes for a while, prints how many
 * bytes of memory it has that it had not before, as the kernel counts, and then
 * waits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIVE	100000u
#define CALLS	3000000u

static void *block[LIVE];

/* KiB, of /proc/self/smaps_rollup; its text would be memory of malloc()'s. */
static long anonymous(void)
{
	static char text[4096];
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	const char *at;
	size_t n;

	if (!f)
		return -1;
	setvbuf(f, NULL, _IONBF, 0);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	at = strstr(text, "\nAnonymous:");
	return at ? atol(at + strlen("\nAnonymous:")) : -1;
}

int main(void)
{
	unsigned int i, seed = 1;
	long before, after;

	memset(block, 1, sizeof(block));	/* is memory from here on */
	memset(block, 0, sizeof(block));
	before = anonymous();
	for (i = 0; i < CALLS; i++) {
		void **at = &block[rand_r(&seed) % LIVE];
		size_t size = 16 + rand_r(&seed) % (16u << rand_r(&seed) % 7);

		free(*at);
		*at = malloc(size);
		if (!*at)
			return 1;
		memset(*at, 1, size);
	}
	after = anonymous();
	if (before < 0 || after < 0)
		return 1;
	printf("%ld\n", (after - before) * 1024);
	fflush(stdout);
	pause();
	return 0;
}
