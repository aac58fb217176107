/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What debugfs shows of a cache's parts; each takes a struct zmem_common. */
#ifndef _ZMEM_VIEWS_H
#define _ZMEM_VIEWS_H

struct seq_file;
struct zmem_common;

/* Counts up when a column or key of any of them changes its meaning or goes. */
#define ZMEM_VIEWS_VERSION	1

void zmem_view_magazines(struct seq_file *m, struct zmem_common *cache);
void zmem_view_nodes(struct seq_file *m, struct zmem_common *cache);
void zmem_view_slabs(struct seq_file *m, struct zmem_common *cache);
void zmem_view_histogram(struct seq_file *m, struct zmem_common *cache);
void zmem_view_traces(struct seq_file *m, struct zmem_common *cache);
void zmem_view_tuner(struct seq_file *m, struct zmem_common *cache);

#endif /* _ZMEM_VIEWS_H */
