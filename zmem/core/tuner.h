/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The tuner: makes caches follow their load.
 *
 * Whoever drives it calls zmem_tuner_scan() every so often from task context,
 * and then zmem_tuner_this_cpu() on the CPUs that it names.  A policy that
 * learns may replace the plain rule behind these.
 */
#ifndef _ZMEM_CORE_TUNER_H
#define _ZMEM_CORE_TUNER_H

struct cpumask;
struct zmem_common;
struct zmem_cpu_area;

/* How often a driver need look, in ms; caches' own intervals are multiples. */
#define ZMEM_TUNER_TICK_MS	100u

/* What the tuner wishes a CPU to do with its magazines of a cache. */
enum zmem_wish { ZMEM_WISH_NOTHING, ZMEM_WISH_DRAIN, ZMEM_WISH_SAMPLE };

unsigned int zmem_magazine_step(unsigned int size, int step, unsigned int max);
void zmem_tuner_reap(struct zmem_common *cache);
enum zmem_wish zmem_tuner_cpu(struct zmem_common *cache, struct zmem_cpu_area *area);
void zmem_tuner_look(struct zmem_common *cache, struct cpumask *wishes);
void zmem_tuner_scan(struct cpumask *wishes);
void zmem_tuner_this_cpu(void *unused);

#endif /* _ZMEM_CORE_TUNER_H */
