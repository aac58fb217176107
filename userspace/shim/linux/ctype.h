/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_CTYPE_H
#define _SHIM_LINUX_CTYPE_H

#include <ctype.h>

/* As the kernel's, whatever the locale. */
#undef isgraph
#define isgraph(c)	((c) > ' ' && (c) < 0x7f)

#endif /* _SHIM_LINUX_CTYPE_H */
