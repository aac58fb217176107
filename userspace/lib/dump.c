// SPDX-License-Identifier: GPL-2.0 OR MIT
/* All that the library tells of its caches, by what debugfs is made of. */
#define _GNU_SOURCE	/* program_invocation_short_name */
#include <errno.h>
#include <unistd.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "internal.h"
#include "core/cache.h"
#include "core/stats.h"
#include "dump.h"
#include "render.h"
#include "views.h"

static const struct {
	const char *name;
	void (*show)(struct seq_file *m, struct zmem_common *cache);
} files[] = {
	{ "magazines", zmem_view_magazines },
	{ "nodes", zmem_view_nodes },
	{ "slabs", zmem_view_slabs },
	{ "histogram", zmem_view_histogram },
	{ "traces", zmem_view_traces },
};

/* The buffer is of kmalloc(), which takes nothing from any cache. */
static int dump_cache(struct zmem_common *c, void *file)
{
	struct seq_file *m = file;
	struct zmem_snapshot snap;
	unsigned int n;

	zmem_snapshot_take(c, &snap);
	seq_printf(m, "@ %s/stats\n", c->name);
	zmem_render_text(m, &snap);
	for (n = 0; n < ARRAY_SIZE(files); n++) {
		seq_printf(m, "@ %s/%s\n", c->name, files[n].name);
		files[n].show(m, c);
	}
	return 0;
}

void zmem_user_dump(struct seq_file *m)
{
	seq_printf(m, "# zmem dump, version %d\n# %s, process %d\n", ZMEM_DUMP_VERSION,
		   program_invocation_short_name, (int)getpid());
	zmem_caches_for_each(dump_cache, m);
	seq_puts(m, "@ end\n");
}
