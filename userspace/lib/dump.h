/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* All that the library tells of its caches, as one text. */
#ifndef _ZMEM_LIB_DUMP_H
#define _ZMEM_LIB_DUMP_H

struct seq_file;

/* Counts up when the frame changes; what is in it has versions of its own. */
#define ZMEM_DUMP_VERSION	1

/*
 * A head of "#", and then what the module shows in debugfs, file after file,
 * each behind a line "@ CACHE/FILE"; "@ end" is last.
 */
void zmem_user_dump(struct seq_file *m);

#endif /* _ZMEM_LIB_DUMP_H */
