/* The keys that Python objects stand for: times, numbers and text. */
#ifndef TOME_PYTHON_BETWEEN_BOUNDS_H
#define TOME_PYTHON_BETWEEN_BOUNDS_H

#include "compat.h"

#include <time_text.h>
#include <tome/tome.h>

/** A bound. All zeros: there is none. */
typedef struct key_bound {
  tome_key_value value;
  PyObject *owner; /* of the value's text, or NULL */
  int is_given;
} key_bound;

/** What the object is as a key. None: no bound.
 *  @param kind   TOME_KEY_…
 *  @param times  the moment from which relative times count, and the zone of those without one
 *  @param after  the bound that "+10min" counts from, or NULL
 *  @return 0, or -1 and raised. The bound is to be cleared in any case. */
int key_bound_read(key_bound *bound, PyObject *object, uint32_t kind,
                   const struct time_context *times, const key_bound *after);
void key_bound_clear(key_bound *bound);

/** Seconds as a number or a timedelta, or an amount of time as text, in nanoseconds. 0, or -1 and raised. */
int read_duration(PyObject *object, int64_t *ret);
/** A tzinfo whose offset is always the same, in seconds; None: the system's zone. 0, or -1 and raised. */
int read_zone(PyObject *object, int32_t *ret);
/** A number as text that the library can read: a new reference to a str, or NULL: raised. */
PyObject *number_text(PyObject *object);

#endif
