/* tome._tome: the module. What users see of it is in the package, tome/__init__.py. */
#include "module.h"

#include <stddef.h>
#include <tome/tome.h>

static struct PyModuleDef definition;

static module_state *state_of_module(PyObject *module) {
  return PyModule_GetState(module);
}

#if PY_VERSION_HEX >= 0x030B0000
module_state *state_of_type(PyTypeObject *type) {
  return state_of_module(PyType_GetModuleByDef(type, &definition));
}
#else
module_state *state_of_type(PyTypeObject *type) {
  PyObject *bases = type->tp_mro;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
    PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(bases, i);
    if (!(base->tp_flags & Py_TPFLAGS_HEAPTYPE))
      continue;
    PyObject *module = ((PyHeapTypeObject *)base)->ht_module;
    if (module && PyModule_GetDef(module) == &definition)
      return state_of_module(module);
  }
  Py_FatalError("tome: a type that is not of this module");
}
#endif

/* ---- types ---- */

static const struct {
  PyType_Spec *spec;
  size_t where;     /* in module_state */
  const char *name; /* NULL: users meet only its objects */
} types[] = {
    {&mmap_spec, offsetof(module_state, mmap), "mmap"},
    {&file_spec, offsetof(module_state, file), "File"},
    {&view_spec, offsetof(module_state, view), "View"},
    {&match_spec, offsetof(module_state, match), "Match"},
    {&lines_spec, offsetof(module_state, lines), "Lines"},
    {&found_spec, offsetof(module_state, found), NULL},
    {&matches_spec, offsetof(module_state, matches), NULL},
    {&lines_iterator_spec, offsetof(module_state, lines_iterator), NULL},
};

static PyTypeObject **type_in(module_state *state, size_t i) {
  return (PyTypeObject **)((char *)state + types[i].where);
}

static int add_types(PyObject *module) {
  module_state *state = state_of_module(module);
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, types[i].spec, NULL);
    *type_in(state, i) = type;
    if (!type)
      return -1;
#if PY_VERSION_HEX < 0x030A0000
    if (type->tp_new == PyBaseObject_Type.tp_new)
      type->tp_new = NULL;
#endif
    if (types[i].name && PyModule_AddObjectRef(module, types[i].name, (PyObject *)type) < 0)
      return -1;
  }
  return 0;
}

/* ---- exceptions ---- */

PyDoc_STRVAR(lost_bytes_doc,
             "Bytes of the file could not be read or written: it was cut, or its disk failed.\n\n"
             "filename  the file, or None\n"
             "offset    of the first byte concerned, in the map\n"
             "length    how many bytes are concerned");
PyDoc_STRVAR(untracked_doc, "The map keeps no descriptor that could be asked for the file's size.");

static int add_exceptions(PyObject *module) {
  module_state *state = state_of_module(module);
  state->lost_bytes_error =
      PyErr_NewExceptionWithDoc("tome.LostBytesError", lost_bytes_doc, PyExc_OSError, NULL);
  PyObject *bases = PyTuple_Pack(2, PyExc_OSError, PyExc_ValueError);
  if (bases)
    state->untracked_error =
        PyErr_NewExceptionWithDoc("tome.UntrackedError", untracked_doc, bases, NULL);
  Py_XDECREF(bases);
  if (!state->lost_bytes_error || !state->untracked_error)
    return -1;
  return PyModule_AddObjectRef(module, "LostBytesError", state->lost_bytes_error) < 0
             ? -1
             : PyModule_AddObjectRef(module, "UntrackedError", state->untracked_error);
}

/* ---- the module ---- */

static int execute(PyObject *module) {
  state_of_module(module)->module = module;
  if (add_exceptions(module) < 0 || add_types(module) < 0 || add_constants(module) < 0 ||
      make_tuples(module) < 0)
    return -1;
  return PyModule_AddStringConstant(module, "__version__", tome_version());
}

/* Applies an action to each field of the state; all of them are objects. */
static int visit_state(module_state *state, visitproc visit, void *arg) {
  Py_VISIT(state->lost_bytes_error);
  Py_VISIT(state->untracked_error);
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    Py_VISIT(*type_in(state, i));
  Py_VISIT(state->residency);
  Py_VISIT(state->stats);
  Py_VISIT(state->info);
  return 0;
}

static int traverse(PyObject *module, visitproc visit, void *arg) {
  return visit_state(state_of_module(module), visit, arg);
}

static int clear(PyObject *module) {
  module_state *state = state_of_module(module);
  Py_CLEAR(state->lost_bytes_error);
  Py_CLEAR(state->untracked_error);
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    Py_CLEAR(*type_in(state, i));
  Py_CLEAR(state->residency);
  Py_CLEAR(state->stats);
  Py_CLEAR(state->info);
  return 0;
}

static void free_state(void *module) {
  clear(module);
}

/* For pickles. */
static PyMethodDef functions[] = {
    {"_lines_apart", lines_take_apart, METH_O, "What Lines consist of."},
    {"_lines", lines_put_together, METH_VARARGS, "Lines of what they consist of."},
    {"_match", match_put_together, METH_VARARGS, "A Match of its offset and bytes."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tome._tome",
    .m_doc = "Memory-mapped files without the traps: the part in C.",
    .m_size = sizeof(module_state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = free_state,
};

PyMODINIT_FUNC PyInit__tome(void);
PyMODINIT_FUNC PyInit__tome(void) {
  return PyModuleDef_Init(&definition);
}
