/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the module's main.c does, for a process. */
#ifndef _ZMEM_LIB_INIT_H
#define _ZMEM_LIB_INIT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes the pools and size classes.  Runs before main() by itself; whoever
 * may be called even earlier (malloc) calls it first.  May be repeated.
 * Return: 0 or -ENOMEM.
 */
int zmem_user_init(void);

/* The part of that which may be undone, and repeated. */
int zmem_user_load(void);

/* Starts or stops the tuner, which needs a thread; it is off at first. */
void zmem_user_tune(bool on);

/* What that thread does each ZMEM_TUNER_TICK_MS; for one caller at a time. */
void zmem_user_tune_now(void);

/*
 * Has depots, and this thread's magazines, give back what was not worked with
 * since the last look or the one before: for who is about to hold more memory.
 */
void zmem_user_reap(void);

/* Drains every thread's magazines and gives back all that is free: bytes. */
size_t zmem_user_trim(void);

struct zmem_common;

/* fn(cache, arg) with a cache by its name, which does not go meanwhile; or -ENOENT. */
int zmem_user_on_cache(const char *name, int (*fn)(struct zmem_common *cache, char *arg),
		       char *arg);

#endif /* _ZMEM_LIB_INIT_H */
