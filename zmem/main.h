/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The module's parts. */
#ifndef _ZMEM_MAIN_H
#define _ZMEM_MAIN_H

struct cpumask;

int zmem_debugfs_init(void);
void zmem_debugfs_exit(void);
int zmem_shrinker_init(void);
void zmem_shrinker_exit(void);
int zmem_chardev_init(void);
void zmem_chardev_exit(void);

/* CPUs that the tuner and the shrinker may bother: not the isolated ones. */
const struct cpumask *zmem_cpus_to_tune(void);

#endif /* _ZMEM_MAIN_H */
