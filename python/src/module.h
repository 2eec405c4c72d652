/* The module's state: its types and exceptions, one set for each interpreter. */
#ifndef TOME_PYTHON_MODULE_H
#define TOME_PYTHON_MODULE_H

#include "compat.h"

typedef struct module_state {
  PyObject *module;           /* whose state this is; borrowed */
  PyObject *lost_bytes_error; /* an OSError */
  PyObject *untracked_error;  /* mmap.size() without a descriptor: an OSError and a ValueError */
  PyTypeObject *mmap;
  PyTypeObject *file;
  PyTypeObject *view;
  PyTypeObject *found;   /* an iterator over offsets */
  PyTypeObject *matches; /* an iterator over matches */
  PyTypeObject *match;
  PyTypeObject *lines;
  PyTypeObject *lines_iterator;
  PyTypeObject *residency; /* named tuples */
  PyTypeObject *stats;
  PyTypeObject *info;
} module_state;

/** The state of the module that a type, or a base of it, was made by. Never fails for our types. */
module_state *state_of_type(PyTypeObject *type);

/** Constants of mmap's module: ACCESS_…, PROT_…, MAP_…, MADV_…, PAGESIZE, ALLOCATIONGRANULARITY. -1: failed. */
int add_constants(PyObject *module);
/** The named tuples of residency, stats and info, into the module and its state. -1: failed. */
int make_tuples(PyObject *module);

/* Functions of the module that pickles need: a Lines as (file, parts, lines, slices), and Lines of these (lines_pickle.c); a Match
 * of (offset, bytes) (pattern_matches.c). */
PyObject *lines_take_apart(PyObject *module, PyObject *lines);
PyObject *lines_put_together(PyObject *module, PyObject *args);
PyObject *match_put_together(PyObject *module, PyObject *args);

/* One for each type; module.c makes the types. */
extern PyType_Spec mmap_spec, file_spec, view_spec, found_spec, matches_spec, match_spec,
    lines_spec, lines_iterator_spec;

#endif
