// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <compat/page.h>

unsigned long zmem_direct_map_bytes __read_mostly;

/* Where the direct map lies is known only at run time. */
void zmem_page_init(void)
{
#ifdef CONFIG_X86_64
	zmem_direct_map_bytes = VMALLOC_START - PAGE_OFFSET;
#endif
}
