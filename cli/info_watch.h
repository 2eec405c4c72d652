/* A picture that is drawn again and again. On a terminal it stays where it is, and the last one is left behind; elsewhere
 * one comes after the other. */
#ifndef TOME_CLI_INFO_WATCH_H
#define TOME_CLI_INFO_WATCH_H

#include <stdint.h>
#include <stdio.h>

#include "screen.h"

/* Draws once; returns the exit status. `screen` may be another each time. */
typedef int info_watch_draw(void *context, FILE *out, const struct screen *screen);

struct info_watch {
  uint64_t interval; /* ns */
  enum color_choice color;
  int plain; /* nothing is to be added to what is drawn: it is for programs */
  info_watch_draw *draw;
  void *context;
};

/* Read SECONDS. Return 0, or -1: they cannot be. */
int info_watch_interval(const char *text, uint64_t *ret);

/* Until a signal ends the command, the reader goes away, or the first picture cannot be drawn. Returns the exit
 * status. */
int info_watch_run(const struct info_watch *watch);

#endif
