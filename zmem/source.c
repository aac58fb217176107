// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Where the objects of an ioctl come from. */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/nodemask.h>
#include "source.h"

static gfp_t to_gfp(u32 flags)
{
	gfp_t gfp = flags & ZMEM_IOC_GFP_NOWAIT ?
		GFP_NOWAIT : GFP_KERNEL | __GFP_RETRY_MAYFAIL;

	if (flags & ZMEM_IOC_GFP_ZERO)
		gfp |= __GFP_ZERO;
	if (flags & ZMEM_IOC_GFP_THISNODE)
		gfp |= __GFP_THISNODE;
	if (flags & ZMEM_IOC_GFP_DMA)
		gfp |= __GFP_DMA;
	if (flags & ZMEM_IOC_GFP_DMA32)
		gfp |= __GFP_DMA32;
	if (flags & ZMEM_IOC_GFP_ACCOUNT)
		gfp |= __GFP_ACCOUNT;
	/* User space is told; that it asked for much is no news for the log. */
	return gfp | __GFP_NOWARN;
}

static bool flags_are_good(u32 flags, bool by_size)
{
	const u32 content = ZMEM_IOC_FILL | ZMEM_IOC_GFP_ZERO;
	const u32 zones = ZMEM_IOC_GFP_DMA | ZMEM_IOC_GFP_DMA32;

	if (flags & ~ZMEM_SOURCE_FLAGS || (flags & content) == content ||
	    (flags & zones) == zones)
		return false;
	/* A cache's pages are all from its own zone, and nobody's. */
	return by_size || !(flags & (zones | ZMEM_IOC_GFP_ACCOUNT));
}

/**
 * zmem_source_init() - take an ioctl's flags and node
 * @source: set, but for its cache
 * @flags: ZMEM_IOC_GFP_*, ZMEM_IOC_FILL
 * @node: a node, or ZMEM_IOC_NODE_ANY
 * @by_size: from no cache of the caller's
 *
 * Return: 0; -EINVAL for bad flags; -ENODEV for a node that is not online.
 */
int zmem_source_init(struct zmem_source *source, u32 flags, s32 node,
		     bool by_size)
{
	if (!flags_are_good(flags, by_size))
		return -EINVAL;
	if (node != ZMEM_IOC_NODE_ANY &&
	    (node < 0 || node >= MAX_NUMNODES || !node_online(node)))
		return -ENODEV;

	BUILD_BUG_ON(ZMEM_IOC_NODE_ANY != NUMA_NO_NODE);
	*source = (struct zmem_source) {
		.gfp = to_gfp(flags),
		.node = node,
		.flags = flags,
	};
	return 0;
}
