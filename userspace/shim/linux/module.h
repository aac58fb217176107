/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef _SHIM_LINUX_MODULE_H
#define _SHIM_LINUX_MODULE_H

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>

struct module;
#define THIS_MODULE		((struct module *)NULL)
#define KBUILD_MODNAME		"zmem"
#define MODULE_LICENSE(x)
#define MODULE_AUTHOR(x)
#define MODULE_DESCRIPTION(x)
#define MODULE_VERSION(x)
#define MODULE_ALIAS(x)
#define MODULE_IMPORT_NS(x)
#define MODULE_SOFTDEP(x)
#define module_init(fn)
#define module_exit(fn)
#define try_module_get(m)	((void)(m), true)
#define __module_get(m)		((void)(m))
#define module_put(m)		((void)(m))

#endif /* _SHIM_LINUX_MODULE_H */
