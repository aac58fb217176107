// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Runs the fuzzer's inputs from files, without a fuzzer: for any compiler. */
#include <stdio.h>
#include <stdlib.h>

#include "input.h"

/* Longer inputs than a fuzzer makes are cut, and found out. */
#define REPLAY_MAX	65536

static int replay(const char *name)
{
	static __u8 bytes[REPLAY_MAX];
	FILE *file = fopen(name, "rb");
	size_t size;

	if (!file) {
		perror(name);
		return 1;
	}
	size = fread(bytes, 1, sizeof(bytes), file);
	if (ferror(file) || size == sizeof(bytes)) {
		fprintf(stderr, "%s: not an input\n", name);
		fclose(file);
		return 1;
	}
	fclose(file);
	return LLVMFuzzerTestOneInput(bytes, size);
}

int main(int argc, char **argv)
{
	int i, err = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s INPUT...\n", argv[0]);
		return 2;
	}
	for (i = 1; i < argc && !err; i++)
		err = replay(argv[i]);
	if (!err)
		printf("# %d inputs\n", argc - 1);
	return err;
}
