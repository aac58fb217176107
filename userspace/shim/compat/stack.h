/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Who calls, as debug caches remember it. */
#ifndef _ZMEM_COMPAT_STACK_H
#define _ZMEM_COMPAT_STACK_H

#include <sys/syscall.h>
#include <unistd.h>
#include <linux/kernel.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

#define ZMEM_STACK_FRAMES	16

static inline int zmem_stack_init(void)
{
	return stack_depot_init();
}

static inline u32 zmem_stack_save(gfp_t gfp)
{
	unsigned long entries[ZMEM_STACK_FRAMES];
	unsigned int nr = stack_trace_save(entries, ARRAY_SIZE(entries), 0);

	return stack_depot_save(entries, nr, gfp);
}

static inline unsigned int zmem_stack_fetch(u32 stack, unsigned long **entries)
{
	return stack_depot_fetch(stack, entries);
}

static inline void zmem_stack_print(u32 stack)
{
	stack_depot_print(stack);
}

/* As an address: a debugger, or addr2line, has the name. */
static inline void zmem_stack_frame(char *buf, size_t size, unsigned long entry)
{
	scnprintf(buf, size, "0x%lx", entry);
}

static inline int zmem_task_pid(void)
{
	return syscall(SYS_gettid);
}

#endif /* _ZMEM_COMPAT_STACK_H */
