/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Between the parts of the API fuzzer. */
#ifndef FUZZ_API_H
#define FUZZ_API_H

#include "input.h"
#include "model.h"

/* api_fuzz.c */
struct fuzz_cache *pick_cache(struct fuzz_input *in);
gfp_t pick_gfp(struct fuzz_input *in, const struct fuzz_cache *fc);
void must_have(const void *p);

/* api_lasting.c */
void op_prefill(struct fuzz_input *in);
void op_alloc_prefilled(struct fuzz_input *in);
void op_return_prefilled(struct fuzz_input *in);
void op_free_rcu(struct fuzz_input *in);
void op_sized_free_rcu(struct fuzz_input *in);
void op_set(struct fuzz_input *in);
void return_prefilled(struct fuzz_cache *fc);

#endif /* FUZZ_API_H */
