/* A map with a lost page, for whoever is to meet it. */
#ifndef SIGNAL_VICTIM_H
#define SIGNAL_VICTIM_H

#include "test_support.h"

/** A map of two pages with an open view of both, the second of which is lost. */
typedef struct victim {
  tome *map;
  tome_view view;
} victim;

/** `name` is that of the file in the test's directory. */
victim open_victim(const char *name);
/** Load a byte of the lost page. */
void meet(const victim *v);
/** End the view, which must tell exactly of that page, and close. */
void close_victim(victim *v);

void load_byte(const void *address);

#endif
