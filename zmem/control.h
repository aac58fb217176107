/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The commands that debugfs's control files take. */
#ifndef _ZMEM_CONTROL_H
#define _ZMEM_CONTROL_H

struct zmem_common;

/* A command is one write, of at most this many bytes. */
#define ZMEM_CONTROL_MAX	80

int zmem_control(char *command);
int zmem_control_cache(struct zmem_common *cache, char *command);

#endif /* _ZMEM_CONTROL_H */
