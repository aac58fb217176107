// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The tracepoints' own code; who calls them includes compat/trace.h. */
#define CREATE_TRACE_POINTS
#include <trace/events/zmem.h>
