/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Tracepoints of the slow path.
 *
 * Fields that kmem's events have too are named as there.  The cache is told
 * by name, which is copied: it may be gone when the event is read.
 *
 * zmem_alloc and zmem_free see every call: while one of them is on, no call
 * is served by the fast path (zmem/core/watch.c).
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM zmem

#if !defined(_TRACE_ZMEM_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_ZMEM_H

#include <linux/tracepoint.h>
#include <linux/types.h>
#include <trace/events/mmflags.h>
#include <zmem/types.h>

/* The name, at its full width: its place in the event is fixed. */
#define zmem_trace_name(entry, cache)	strscpy_pad(entry, cache, ZMEM_NAME_MAX)

int zmem_watch_begin(void);
void zmem_watch_end(void);

/*
 * A call, or each object of one that asks for several; ptr is NULL where it
 * failed.  Where the compiler knows zmem_alloc()'s size, bytes_req is that of
 * its class: only the caller knows what was asked for.
 */
TRACE_EVENT_FN(zmem_alloc,
	TP_PROTO(unsigned long call_site, const void *ptr, const char *cache,
		 size_t bytes_req, size_t bytes_alloc, gfp_t gfp_flags, int node),
	TP_ARGS(call_site, ptr, cache, bytes_req, bytes_alloc, gfp_flags, node),
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, ptr)
		__array(char, name, ZMEM_NAME_MAX)
		__field(size_t, bytes_req)
		__field(size_t, bytes_alloc)
		__field(unsigned long, gfp_flags)
		__field(int, node)
	),
	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->ptr = ptr;
		zmem_trace_name(__entry->name, cache);
		__entry->bytes_req = bytes_req;
		__entry->bytes_alloc = bytes_alloc;
		__entry->gfp_flags = (__force unsigned long)gfp_flags;
		__entry->node = node;
	),
	TP_printk("call_site=%pS ptr=%p name=%s bytes_req=%zu bytes_alloc=%zu gfp_flags=%s node=%d",
		  (void *)__entry->call_site, __entry->ptr, __entry->name,
		  __entry->bytes_req, __entry->bytes_alloc,
		  show_gfp_flags(__entry->gfp_flags), __entry->node),
	zmem_watch_begin, zmem_watch_end
);

/* Of objects that wait for RCU's readers: when they were given up. */
TRACE_EVENT_FN(zmem_free,
	TP_PROTO(unsigned long call_site, const void *ptr, const char *cache),
	TP_ARGS(call_site, ptr, cache),
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, ptr)
		__array(char, name, ZMEM_NAME_MAX)
	),
	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->ptr = ptr;
		zmem_trace_name(__entry->name, cache);
	),
	TP_printk("call_site=%pS ptr=%p name=%s", (void *)__entry->call_site,
		  __entry->ptr, __entry->name),
	zmem_watch_begin, zmem_watch_end
);

TRACE_EVENT(zmem_remote_free,
	TP_PROTO(const void *ptr, const char *cache, int home, int node),
	TP_ARGS(ptr, cache, home, node),
	TP_STRUCT__entry(
		__field(const void *, ptr)
		__array(char, name, ZMEM_NAME_MAX)
		__field(int, home)	/* the freeing CPU's */
		__field(int, node)	/* the object's */
	),
	TP_fast_assign(
		__entry->ptr = ptr;
		zmem_trace_name(__entry->name, cache);
		__entry->home = home;
		__entry->node = node;
	),
	TP_printk("ptr=%p name=%s home=%d node=%d", __entry->ptr, __entry->name,
		  __entry->home, __entry->node)
);

/* A magazine of @objects that a CPU got, or gave away. */
DECLARE_EVENT_CLASS(zmem_magazine,
	TP_PROTO(const char *cache, int node, unsigned int objects),
	TP_ARGS(cache, node, objects),
	TP_STRUCT__entry(
		__array(char, name, ZMEM_NAME_MAX)
		__field(int, node)
		__field(unsigned int, objects)
	),
	TP_fast_assign(
		zmem_trace_name(__entry->name, cache);
		__entry->node = node;
		__entry->objects = objects;
	),
	TP_printk("name=%s node=%d objects=%u", __entry->name, __entry->node,
		  __entry->objects)
);

DEFINE_EVENT(zmem_magazine, zmem_refill,
	TP_PROTO(const char *cache, int node, unsigned int objects),
	TP_ARGS(cache, node, objects)
);

DEFINE_EVENT(zmem_magazine, zmem_flush,
	TP_PROTO(const char *cache, int node, unsigned int objects),
	TP_ARGS(cache, node, objects)
);

/* Magazines of a depot: those there are now, or those that were given back. */
DECLARE_EVENT_CLASS(zmem_depot,
	TP_PROTO(const char *cache, int node, unsigned int full, unsigned int empty),
	TP_ARGS(cache, node, full, empty),
	TP_STRUCT__entry(
		__array(char, name, ZMEM_NAME_MAX)
		__field(int, node)
		__field(unsigned int, full)
		__field(unsigned int, empty)
	),
	TP_fast_assign(
		zmem_trace_name(__entry->name, cache);
		__entry->node = node;
		__entry->full = full;
		__entry->empty = empty;
	),
	TP_printk("name=%s node=%d full=%u empty=%u", __entry->name, __entry->node,
		  __entry->full, __entry->empty)
);

DEFINE_EVENT(zmem_depot, zmem_depot_grow,
	TP_PROTO(const char *cache, int node, unsigned int full, unsigned int empty),
	TP_ARGS(cache, node, full, empty)
);

DEFINE_EVENT(zmem_depot, zmem_depot_trim,
	TP_PROTO(const char *cache, int node, unsigned int full, unsigned int empty),
	TP_ARGS(cache, node, full, empty)
);

TRACE_EVENT(zmem_resize,
	TP_PROTO(const char *cache, unsigned int before, unsigned int after),
	TP_ARGS(cache, before, after),
	TP_STRUCT__entry(
		__array(char, name, ZMEM_NAME_MAX)
		__field(unsigned int, before)
		__field(unsigned int, after)
	),
	TP_fast_assign(
		zmem_trace_name(__entry->name, cache);
		__entry->before = before;
		__entry->after = after;
	),
	TP_printk("name=%s before=%u after=%u", __entry->name, __entry->before,
		  __entry->after)
);

DECLARE_EVENT_CLASS(zmem_slab,
	TP_PROTO(const char *cache, int node, unsigned int order, unsigned int objects),
	TP_ARGS(cache, node, order, objects),
	TP_STRUCT__entry(
		__array(char, name, ZMEM_NAME_MAX)
		__field(int, node)
		__field(unsigned int, order)
		__field(unsigned int, objects)
	),
	TP_fast_assign(
		zmem_trace_name(__entry->name, cache);
		__entry->node = node;
		__entry->order = order;
		__entry->objects = objects;
	),
	TP_printk("name=%s node=%d order=%u objects=%u", __entry->name, __entry->node,
		  __entry->order, __entry->objects)
);

DEFINE_EVENT(zmem_slab, zmem_slab_create,
	TP_PROTO(const char *cache, int node, unsigned int order, unsigned int objects),
	TP_ARGS(cache, node, order, objects)
);

DEFINE_EVENT(zmem_slab, zmem_slab_free,
	TP_PROTO(const char *cache, int node, unsigned int order, unsigned int objects),
	TP_ARGS(cache, node, order, objects)
);

TRACE_EVENT(zmem_shrink,
	TP_PROTO(unsigned long wanted, unsigned long given),
	TP_ARGS(wanted, given),
	TP_STRUCT__entry(
		__field(unsigned long, wanted)	/* pages */
		__field(unsigned long, given)
	),
	TP_fast_assign(
		__entry->wanted = wanted;
		__entry->given = given;
	),
	TP_printk("wanted=%lu given=%lu", __entry->wanted, __entry->given)
);

#endif /* _TRACE_ZMEM_H */

#include <trace/define_trace.h>
