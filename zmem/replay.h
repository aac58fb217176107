/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Replaying an allocation stream: what the device calls. */
#ifndef _ZMEM_REPLAY_H
#define _ZMEM_REPLAY_H

#include <linux/compiler.h>

long zmem_replay_ioctl(void __user *arg, unsigned int size);

#endif /* _ZMEM_REPLAY_H */
