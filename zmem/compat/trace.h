/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Tracepoints, for core files: userspace has a header of this name whose
 * trace_zmem_*() do nothing.
 */
#ifndef _ZMEM_COMPAT_TRACE_H
#define _ZMEM_COMPAT_TRACE_H

#include <trace/events/zmem.h>

#endif /* _ZMEM_COMPAT_TRACE_H */
