/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A userspace library has other ways to set what parameters set. */
#ifndef _SHIM_LINUX_MODULEPARAM_H
#define _SHIM_LINUX_MODULEPARAM_H

#include <linux/kernel.h>

#define module_param(name, type, perm)
#define module_param_named(name, var, type, perm)
#define module_param_cb(name, ops, arg, perm)
#define module_param_string(name, s, len, perm)
#define MODULE_PARM_DESC(name, desc)

#endif /* _SHIM_LINUX_MODULEPARAM_H */
