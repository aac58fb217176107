/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Replaying an allocation stream: what the device calls. */
#ifndef _ZMEM_REPLAY_H
#define _ZMEM_REPLAY_H

#include <linux/compiler.h>

struct zmem_file;

long zmem_replay_ioctl(struct zmem_file *file, void __user *arg,
		       unsigned int size);

#endif /* _ZMEM_REPLAY_H */
