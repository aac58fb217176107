/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A snapshot as text, as JSON, and as the structure of the ioctl. */
#ifndef _ZMEM_RENDER_H
#define _ZMEM_RENDER_H

struct seq_file;
struct zmem_ioc_snapshot;
struct zmem_snapshot;

/* Counts up when a line, key or column changes its meaning or goes. */
#define ZMEM_RENDER_VERSION	1

void zmem_render_header(struct seq_file *m);
void zmem_render_line(struct seq_file *m, const struct zmem_snapshot *snap);
void zmem_render_text(struct seq_file *m, const struct zmem_snapshot *snap);
void zmem_render_json(struct seq_file *m, const struct zmem_snapshot *snap);
void zmem_render_ioc(struct zmem_ioc_snapshot *out,
		     const struct zmem_snapshot *snap);

#endif /* _ZMEM_RENDER_H */
