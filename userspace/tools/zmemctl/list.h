/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The columns of tables of caches. */
#ifndef ZMEMCTL_LIST_H
#define ZMEMCTL_LIST_H

#include "fields.h"
#include "table.h"

struct columns {
	const struct field *field[48];
	size_t nr;
};

void columns_choose(struct columns *c, const char *list);	/* NULL: the usual */
void columns_head(const struct columns *c, struct table *t);
void columns_row(const struct columns *c, struct table *t,
		 const struct zmem_ioc_snapshot *s, bool exact);

#endif /* ZMEMCTL_LIST_H */
