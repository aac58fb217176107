/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* How much memory one opening of /dev/zmem may come to. */
#ifndef _ZMEM_BUDGET_H
#define _ZMEM_BUDGET_H

#include <linux/types.h>

struct zmem_budget;

struct zmem_budget *zmem_budget_create(void);
struct zmem_budget *zmem_budget_get(struct zmem_budget *budget);
void zmem_budget_put(struct zmem_budget *budget);
int zmem_budget_charge(struct zmem_budget *budget, u64 bytes);
void zmem_budget_uncharge(struct zmem_budget *budget, u64 bytes);
u64 zmem_budget_limit(const struct zmem_budget *budget);
u64 zmem_budget_used(const struct zmem_budget *budget);

#endif /* _ZMEM_BUDGET_H */
