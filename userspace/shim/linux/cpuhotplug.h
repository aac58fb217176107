/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_CPUHOTPLUG_H
#define _SHIM_LINUX_CPUHOTPLUG_H

#include <linux/cpumask.h>

/*
 * A slot is taken: its CPU comes up.  Its thread ends: its CPU goes down, and
 * is already dead when teardown callbacks run.  Only prepare stages exist.
 */
enum cpuhp_state {
	CPUHP_BP_PREPARE_DYN = 1,
};

int shim_cpuhp_setup(bool call, int (*startup)(unsigned int cpu),
		     int (*teardown)(unsigned int cpu));
void shim_cpuhp_remove(int state, bool call);

#define cpuhp_setup_state(state, name, startup, teardown)	\
	shim_cpuhp_setup(true, startup, teardown)
#define cpuhp_setup_state_nocalls(state, name, startup, teardown)	\
	shim_cpuhp_setup(false, startup, teardown)
#define cpuhp_remove_state(state)		shim_cpuhp_remove(state, true)
#define cpuhp_remove_state_nocalls(state)	shim_cpuhp_remove(state, false)

/* No slot is taken or left meanwhile.  Reads nest. */
void cpus_read_lock(void);
void cpus_read_unlock(void);

#endif /* _SHIM_LINUX_CPUHOTPLUG_H */
