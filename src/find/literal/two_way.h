/* Places where a long needle may lie, tried so that all trials of a search together take linear time. */
#ifndef TOME_TWO_WAY_H
#define TOME_TWO_WAY_H

#include "finder.h"

/** A needle cut in two at `left`, where its period cannot hide: nothing shorter than `period` repeats across the cut. */
typedef struct cut {
  size_t left;
  size_t period;
  int periodic; /* `period` is that of the whole needle */
} cut;

/** Cut the needle, read from its end if `backward`. Linear in the needle. */
cut tome__cut_begin(const finder *f, int backward);

/** The trials of one search in data[0, length). */
typedef struct trial {
  const finder *f;
  const unsigned char *data;
  size_t length;
  int backward;
  int linear;      /* too much was compared: from now on by the two-way algorithm */
  size_t compared; /* bytes, before that */
  size_t next;     /* in the order of the search, no occurrence begins before it */
  cut cut;
  const unsigned char *found;
  size_t failed;  /* trials, those of the heads too */
  size_t differs; /* where in the needle the last of them failed */
} trial;

static inline trial tome__trial_begin(const finder *f, const unsigned char *data, size_t length,
                                      int backward) {
  return (trial){.f = f, .data = data, .length = length, .backward = backward};
}

/** Whether the needle lies at `at`, or, where trying that told of a later one, there; t->found is set then, else t->differs.
 *  Pre: it fits; each place is later than the one before; all that were left out are no occurrences. */
int tome__trial(trial *t, const unsigned char *at);

#endif
