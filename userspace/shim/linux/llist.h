/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_LLIST_H
#define _SHIM_LINUX_LLIST_H

#include <linux/types.h>
#include <linux/container_of.h>

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

#define LLIST_HEAD_INIT(name)	{ NULL }
#define LLIST_HEAD(name)	struct llist_head name = LLIST_HEAD_INIT(name)
#define init_llist_head(h)	((h)->first = NULL)
#define llist_empty(h)		(READ_ONCE((h)->first) == NULL)
#define llist_entry(ptr, type, member)	container_of(ptr, type, member)

/* True if the list was empty. */
static inline bool llist_add(struct llist_node *n, struct llist_head *head)
{
	struct llist_node *first = READ_ONCE(head->first);

	do {
		n->next = first;
	} while (!__atomic_compare_exchange_n(&head->first, &first, n, true,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return !first;
}

static inline struct llist_node *llist_del_all(struct llist_head *head)
{
	return __atomic_exchange_n(&head->first, NULL, __ATOMIC_ACQ_REL);
}

#define llist_for_each_safe(pos, n, node)	\
	for ((pos) = (node); (pos) && ((n) = (pos)->next, true); (pos) = (n))

#endif /* _SHIM_LINUX_LLIST_H */
