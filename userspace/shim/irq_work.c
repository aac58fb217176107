// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Interrupts that a thread sends to itself: signals. */
#include <errno.h>
#include <signal.h>
#include <linux/compiler.h>
#include <linux/irq_work.h>

static __thread struct irq_work *shim_irq_work;

static void shim_interrupt(int sig)
{
	int saved = errno;

	shim_irq_work->func(shim_irq_work);
	errno = saved;
}

bool irq_work_queue(struct irq_work *work)
{
	struct sigaction action = { .sa_handler = shim_interrupt }, old;
	bool sent;

	WRITE_ONCE(shim_irq_work, work);
	if (sigaction(SIGUSR1, &action, &old))
		return false;
	sent = !raise(SIGUSR1);
	sigaction(SIGUSR1, &old, NULL);
	return sent;
}
