/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The C library's own malloc, under names that nobody else takes. */
#ifndef ZMEM_BENCH_LIBC_MALLOC_H
#define ZMEM_BENCH_LIBC_MALLOC_H

#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *at);

#endif /* ZMEM_BENCH_LIBC_MALLOC_H */
