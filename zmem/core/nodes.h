/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Nodes: which is a CPU's home, and which are closed to new objects. */
#ifndef _ZMEM_CORE_NODES_H
#define _ZMEM_CORE_NODES_H

#include <linux/compiler.h>
#include <linux/types.h>

struct zmem_common;

/* Why a node is closed. */
enum zmem_node_closer {
	ZMEM_NODE_DRAINED,	/* by name, until it is opened by name */
	ZMEM_NODE_LEAVING,	/* memory of it goes offline */
	ZMEM_NODE_CLOSERS,
};

extern unsigned int zmem_nodes_nr_closed;

bool __zmem_node_is_closed(int node);

/* Whether no new object or run may be placed on a node. */
static inline bool zmem_node_is_closed(int node)
{
	return unlikely(READ_ONCE(zmem_nodes_nr_closed)) && __zmem_node_is_closed(node);
}

int zmem_node_nearest_open(int node);
int zmem_node_by_policy(struct zmem_common *c, int home);
bool zmem_node_strict(const struct zmem_common *c, gfp_t *gfp, int *node);
void zmem_node_close(int node, enum zmem_node_closer why);
void zmem_node_open(int node, enum zmem_node_closer why);
void zmem_cache_homes(struct zmem_common *c);
void zmem_homes_update(void);
int zmem_node_drain(int node);
int zmem_node_undrain(int node);

#endif /* _ZMEM_CORE_NODES_H */
