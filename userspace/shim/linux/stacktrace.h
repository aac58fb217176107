/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_STACKTRACE_H
#define _SHIM_LINUX_STACKTRACE_H

unsigned int stack_trace_save(unsigned long *store, unsigned int size, unsigned int skip);
void stack_trace_print(const unsigned long *entries, unsigned int nr, int spaces);

#endif /* _SHIM_LINUX_STACKTRACE_H */
