/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Objects that user space knows by handle. */
#ifndef _ZMEM_HANDLES_H
#define _ZMEM_HANDLES_H

struct zmem_file;
struct zmem_ioc_alloc;
struct zmem_ioc_handles;

long zmem_objects_alloc(struct zmem_file *file, struct zmem_ioc_alloc *arg);
long zmem_objects_free(struct zmem_file *file, struct zmem_ioc_handles *arg);
long zmem_objects_verify(struct zmem_file *file, struct zmem_ioc_handles *arg);
void zmem_objects_release(struct zmem_file *file);

#endif /* _ZMEM_HANDLES_H */
