/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Workloads that run in the kernel. */
#ifndef _ZMEM_WORKLOAD_H
#define _ZMEM_WORKLOAD_H

struct zmem_file;
struct zmem_ioc_run;

long zmem_workload_run(struct zmem_file *file, struct zmem_ioc_run *arg);

#endif /* _ZMEM_WORKLOAD_H */
