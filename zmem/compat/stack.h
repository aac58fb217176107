/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Who calls, as debug caches remember it; userspace has a twin. */
#ifndef _ZMEM_COMPAT_STACK_H
#define _ZMEM_COMPAT_STACK_H

#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

/* Frames that are kept; those of zmem itself are among them. */
#define ZMEM_STACK_FRAMES	16

#if IS_ENABLED(CONFIG_STACKDEPOT) && IS_ENABLED(CONFIG_STACKTRACE)

/* May sleep. */
static inline int zmem_stack_init(void)
{
	return stack_depot_init();
}

/* The present stack, or 0 where there is no memory for another one. */
static inline u32 zmem_stack_save(gfp_t gfp)
{
	unsigned long entries[ZMEM_STACK_FRAMES];
	unsigned int nr = stack_trace_save(entries, ARRAY_SIZE(entries), 0);

	return stack_depot_save(entries, nr, gfp | __GFP_NOWARN);
}

static inline unsigned int zmem_stack_fetch(u32 stack, unsigned long **entries)
{
	*entries = NULL;
	return stack ? stack_depot_fetch(stack, entries) : 0;
}

static inline void zmem_stack_print(u32 stack)
{
	if (stack)
		stack_depot_print(stack);
}

#else	/* a kernel that keeps no stacks */

static inline int zmem_stack_init(void)
{
	return 0;
}

static inline u32 zmem_stack_save(gfp_t gfp)
{
	return 0;
}

static inline unsigned int zmem_stack_fetch(u32 stack, unsigned long **entries)
{
	*entries = NULL;
	return 0;
}

static inline void zmem_stack_print(u32 stack)
{
}

#endif

/* A frame by name, without blanks. */
static inline void zmem_stack_frame(char *buf, size_t size, unsigned long entry)
{
	char *from, *to = buf;

	scnprintf(buf, size, "%pS", (void *)entry);
	for (from = buf; *from; from++)
		if (*from != ' ')
			*to++ = *from;
	*to = '\0';
}

static inline int zmem_task_pid(void)
{
	return current->pid;
}

#endif /* _ZMEM_COMPAT_STACK_H */
