/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The fuzzer's bytes, one after the other; zeroes behind the last. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <linux/types.h>

struct fuzz_input {
	const u8 *bytes;
	size_t left;
};

static inline u8 fuzz_u8(struct fuzz_input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->bytes++;
}

static inline u16 fuzz_u16(struct fuzz_input *in)
{
	u16 low = fuzz_u8(in);

	return low | fuzz_u8(in) << 8;
}

/* Called by libFuzzer. */
int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

#endif /* FUZZ_INPUT_H */
