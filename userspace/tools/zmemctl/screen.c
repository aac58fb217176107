// SPDX-License-Identifier: GPL-2.0 OR MIT
/* A terminal that is refreshed in place; or, where there is none, plain text. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "screen.h"
#include "zmemctl.h"

static struct termios saved;
static bool opened;
static volatile sig_atomic_t ended;

static void end(int signal)
{
	ended = 1;
}

static void nothing(int signal)
{
}

static void catch(int signal, void (*handler)(int signal))
{
	struct sigaction action = { .sa_handler = handler };

	sigaction(signal, &action, NULL);
}

static void measure(struct screen *s)
{
	struct winsize size;

	s->width = 80;
	s->height = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		return;
	s->width = size.ws_col;
	s->height = size.ws_row;
}

/* The alternate screen without a cursor, and keys as they are struck. */
void screen_open(struct screen *s)
{
	struct termios raw;

	memset(s, 0, sizeof(*s));
	catch(SIGINT, end);
	catch(SIGTERM, end);
	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &saved))
		return;
	s->live = true;
	catch(SIGWINCH, nothing);
	raw = saved;
	raw.c_lflag &= ~(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	fputs("\033[?1049h\033[?25l", stdout);
	opened = true;
	atexit(screen_close);
	measure(s);
}

void screen_close(void)
{
	if (!opened)
		return;
	opened = false;
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
}

/* Each line clears what was right of it, the last what was below. */
static void show_live(const struct screen *s, const char *text)
{
	size_t line, length;

	fputs("\033[H", stdout);
	for (line = 0; *text && line < s->height - 1; line++) {
		length = strcspn(text, "\n");
		fwrite(text, 1, length, stdout);
		fputs("\033[K\r\n", stdout);
		text += length + (text[length] == '\n');
	}
	fputs("\033[J", stdout);
}

void screen_show(struct screen *s, const char *text)
{
	if (s->live)
		show_live(s, text);
	else
		puts(text);
	check_output();
	/* For the next frame. */
	if (s->live)
		measure(s);
}

int screen_key(const struct screen *s, uint64_t ns)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned char key;
	int ready;

	ready = poll(&fd, s->live ? 1 : 0, ns / 1000000);
	if (ended)
		return -1;
	if (ready <= 0)
		return 0;
	return read(STDIN_FILENO, &key, 1) == 1 ? key : -1;
}
