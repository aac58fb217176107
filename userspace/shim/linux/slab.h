/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* For cold control structures only: never through malloc(), which we may be. */
#ifndef _SHIM_LINUX_SLAB_H
#define _SHIM_LINUX_SLAB_H

#include <linux/types.h>
#include <linux/overflow.h>
#include <linux/gfp_bits.h>

#define ARCH_KMALLOC_MINALIGN	8
#define KMALLOC_MIN_SIZE	8
#define KMALLOC_MAX_SIZE	(4UL << 20)
#define ZERO_SIZE_PTR		((void *)16)
#define ZERO_OR_NULL_PTR(p)	((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)

void *kmalloc(size_t size, gfp_t gfp);
void *krealloc(const void *p, size_t size, gfp_t gfp);
void kfree(const void *p);
size_t ksize(const void *p);

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

static inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc(array_size(n, size), gfp);
}

static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc(array_size(n, size), gfp | __GFP_ZERO);
}

#define kmalloc_node(size, gfp, node)		kmalloc(size, gfp)
#define kzalloc_node(size, gfp, node)		kzalloc(size, gfp)
#define kcalloc_node(n, size, gfp, node)	kcalloc(n, size, gfp)
#define kvmalloc(size, gfp)			kmalloc(size, gfp)
#define kvzalloc(size, gfp)			kzalloc(size, gfp)
#define kvmalloc_array(n, size, gfp)		kmalloc_array(n, size, gfp)
#define kvcalloc(n, size, gfp)			kcalloc(n, size, gfp)
#define kvfree(p)				kfree(p)
#define kfree_sensitive(p)			kfree(p)
#define vmalloc(size)				kmalloc(size, GFP_KERNEL)
#define vzalloc(size)				kzalloc(size, GFP_KERNEL)
#define vfree(p)				kfree(p)
#define kmalloc_size_roundup(size)		(size)

#endif /* _SHIM_LINUX_SLAB_H */
