/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_STACKDEPOT_H
#define _SHIM_LINUX_STACKDEPOT_H

#include <linux/types.h>
#include <linux/stacktrace.h>

/* Equal stacks share a handle; nothing is ever forgotten. */
typedef u32 depot_stack_handle_t;

int stack_depot_init(void);
depot_stack_handle_t stack_depot_save(unsigned long *entries, unsigned int nr, gfp_t gfp);
unsigned int stack_depot_fetch(depot_stack_handle_t handle, unsigned long **entries);
void stack_depot_print(depot_stack_handle_t handle);

#endif /* _SHIM_LINUX_STACKDEPOT_H */
