/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_NUMA_H
#define _SHIM_LINUX_NUMA_H

#include <linux/bitmap.h>
#include <linux/smp.h>

#define NODES_SHIFT	2
#define MAX_NUMNODES	(1 << NODES_SHIFT)
#define NUMA_NO_NODE	(-1)
#define LOCAL_DISTANCE	10
#define REMOTE_DISTANCE	20

typedef struct {
	DECLARE_BITMAP(bits, MAX_NUMNODES);
} nodemask_t;

enum node_states {
	N_POSSIBLE, N_ONLINE, N_NORMAL_MEMORY, N_HIGH_MEMORY = N_NORMAL_MEMORY,
	N_MEMORY, N_CPU, NR_NODE_STATES
};

/* Nodes 0 to shim_nr_nodes - 1, all with memory and CPUs. */
extern unsigned int shim_nr_nodes;
extern nodemask_t shim_node_mask;
int cpu_to_node(unsigned int cpu);
int numa_node_id(void);
int node_distance(int a, int b);

#define nr_node_ids		(shim_nr_nodes)
#define nr_online_nodes		(shim_nr_nodes)
#define num_online_nodes()	((int)shim_nr_nodes)
#define num_possible_nodes()	((int)shim_nr_nodes)
#define num_node_state(s)	((int)shim_nr_nodes)
#define node_state(n, s)	((unsigned int)(n) < shim_nr_nodes)
#define node_online(n)		node_state(n, N_ONLINE)
#define node_possible(n)	node_state(n, N_POSSIBLE)
#define numa_mem_id()		numa_node_id()
#define cpu_to_mem(cpu)		cpu_to_node(cpu)
#define first_online_node	0
#define first_memory_node	0
#define for_each_node_state(n, s)	for ((n) = 0; (unsigned int)(n) < shim_nr_nodes; (n)++)
#define for_each_online_node(n)	for_each_node_state(n, N_ONLINE)
#define for_each_node(n)	for_each_node_state(n, N_POSSIBLE)
#define next_online_node(n)	((unsigned int)(n) + 1 < shim_nr_nodes ? (n) + 1 : MAX_NUMNODES)

#define NODE_MASK_NONE		((nodemask_t){ { 0 } })
#define nodes_clear(m)		bitmap_zero((m).bits, MAX_NUMNODES)
#define nodes_empty(m)		bitmap_empty((m).bits, MAX_NUMNODES)
#define nodes_weight(m)		bitmap_weight((m).bits, MAX_NUMNODES)
#define node_set(n, m)		set_bit(n, (m).bits)
#define node_clear(n, m)	clear_bit(n, (m).bits)
#define node_isset(n, m)	test_bit(n, (m).bits)
#define node_test_and_set(n, m)	test_and_set_bit(n, (m).bits)
#define first_node(m)		((int)find_first_bit((m).bits, MAX_NUMNODES))
#define next_node(n, m)		((int)find_next_bit((m).bits, MAX_NUMNODES, (n) + 1))
#define for_each_node_mask(n, m)	\
	for ((n) = first_node(m); (n) < MAX_NUMNODES; (n) = next_node(n, m))

#endif /* _SHIM_LINUX_NUMA_H */
