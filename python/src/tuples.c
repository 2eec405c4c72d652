/* What residency(), stats() and info() return: named tuples, made once for each interpreter. */
#include "module.h"

typedef struct named_tuple {
  const char *name, *doc, *fields;
} named_tuple;

static const named_tuple residency_tuple = {
    "Residency",
    "What of a range is in memory, in bytes of whole pages; None where the system does not "
    "tell.\n\n"
    "pages      all that the range touches\n"
    "resident   in memory\n"
    "dirty      of these, changed and not written back yet\n"
    "writeback  of these, being written back now\n"
    "holes      bytes of the range in holes of the file, which need no memory and no disk",
    "pages resident dirty writeback holes"};

static const named_tuple stats_tuple = {
    "Stats",
    "What reading a file has cost since it was opened; None where the system does not tell.\n\n"
    "calls         system calls that read\n"
    "called        bytes that they copied; all others were read as memory\n"
    "waits         how many of the calls had to wait for the disk\n"
    "disk          bytes that had to come from the disk, in whole pages\n"
    "lost_faults   page faults that found no page\n"
    "mapped        bytes that are in this process's page tables now\n"
    "minor_faults  page faults of the process that needed no disk (not known for one file)\n"
    "major_faults  and those that did (likewise)\n"
    "process_disk  bytes that the disk read for the process (likewise)",
    "calls called waits disk lost_faults mapped minor_faults major_faults process_disk"};

static const named_tuple info_tuple = {
    "Info",
    "What a file is made of, in bytes; None where the system does not tell.\n\n"
    "kind         'file', 'block device' or 'memory'\n"
    "page_size    of the system's memory\n"
    "size         of the opened part\n"
    "file_size    of the whole file, at this moment\n"
    "allocated    on the disk\n"
    "holes        how many holes the file has\n"
    "hole_bytes   bytes in them\n"
    "resident     in the system's memory\n"
    "dirty        of these, not written back yet\n"
    "readahead    the device reads up to this much ahead\n"
    "reserved     address space that the file can grow into; 0: works through windows\n"
    "file_system  its name, such as 'ext4'",
    "kind page_size size file_size allocated holes hole_bytes resident dirty readahead reserved "
    "file_system"};

/* A class of the package, so that its objects can be pickled. NULL: raised. */
static PyObject *make_tuple(const named_tuple *about) {
  PyObject *collections = PyImport_ImportModule("collections");
  PyObject *type =
      collections ? PyObject_CallMethod(collections, "namedtuple", "ss", about->name, about->fields)
                  : NULL;
  PyObject *package = PyUnicode_FromString("tome"), *doc = PyUnicode_FromString(about->doc);
  if (type && (!package || !doc || PyObject_SetAttrString(type, "__module__", package) < 0 ||
               PyObject_SetAttrString(type, "__doc__", doc) < 0))
    Py_CLEAR(type);
  Py_XDECREF(collections);
  Py_XDECREF(package);
  Py_XDECREF(doc);
  return type;
}

static int add_tuple(PyObject *module, const named_tuple *about, PyTypeObject **ret) {
  PyObject *type = make_tuple(about);
  if (!type)
    return -1;
  *ret = (PyTypeObject *)type;
  return PyModule_AddObjectRef(module, about->name, type);
}

int make_tuples(PyObject *module) {
  module_state *state = PyModule_GetState(module);
  if (add_tuple(module, &residency_tuple, &state->residency) < 0 ||
      add_tuple(module, &stats_tuple, &state->stats) < 0)
    return -1;
  return add_tuple(module, &info_tuple, &state->info);
}
