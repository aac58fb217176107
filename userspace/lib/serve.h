/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The library's statistics, for zmemctl: see serve.c. */
#ifndef _ZMEM_LIB_SERVE_H
#define _ZMEM_LIB_SERVE_H

/* Starts it if the environment asks for it. */
void zmem_user_serve(void);

#endif /* _ZMEM_LIB_SERVE_H */
