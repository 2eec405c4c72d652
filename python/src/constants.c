/* The names that mmap's module has beside the type, with the values of this system. */
#include "module.h"

#include <sys/mman.h>
#include <unistd.h>

int add_constants(PyObject *module) {
  return PyModule_AddIntConstant(module, "PAGESIZE", sysconf(_SC_PAGESIZE));
}
