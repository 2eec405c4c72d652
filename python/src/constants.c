/* The names that mmap's module has beside the type, with the values of this system. */
#include "module.h"

#include <sys/mman.h>
#include <unistd.h>

static const struct {
  const char *name;
  long value;
} constants[] = {
    {"ACCESS_DEFAULT", 0},
    {"ACCESS_READ", 1},
    {"ACCESS_WRITE", 2},
    {"ACCESS_COPY", 3},
#define CONSTANT(name)                                                                             \
  { #name, name }
    CONSTANT(PROT_READ),
    CONSTANT(PROT_WRITE),
    CONSTANT(PROT_EXEC),
    CONSTANT(MAP_SHARED),
    CONSTANT(MAP_PRIVATE),
    CONSTANT(MS_ASYNC),
    CONSTANT(MS_SYNC),
    CONSTANT(MS_INVALIDATE),
#ifdef MAP_ANON
    CONSTANT(MAP_ANON),
#endif
#ifdef MAP_ANONYMOUS
    CONSTANT(MAP_ANONYMOUS),
#endif
#ifdef MAP_DENYWRITE
    CONSTANT(MAP_DENYWRITE),
#endif
#ifdef MAP_EXECUTABLE
    CONSTANT(MAP_EXECUTABLE),
#endif
#ifdef MAP_POPULATE
    CONSTANT(MAP_POPULATE),
#endif
#ifdef MAP_STACK
    CONSTANT(MAP_STACK),
#endif
#ifdef MAP_NORESERVE
    CONSTANT(MAP_NORESERVE),
#endif
#ifdef MAP_32BIT
    CONSTANT(MAP_32BIT),
#endif
#ifdef MADV_NORMAL
    CONSTANT(MADV_NORMAL),
#endif
#ifdef MADV_RANDOM
    CONSTANT(MADV_RANDOM),
#endif
#ifdef MADV_SEQUENTIAL
    CONSTANT(MADV_SEQUENTIAL),
#endif
#ifdef MADV_WILLNEED
    CONSTANT(MADV_WILLNEED),
#endif
#ifdef MADV_DONTNEED
    CONSTANT(MADV_DONTNEED),
#endif
#ifdef MADV_REMOVE
    CONSTANT(MADV_REMOVE),
#endif
#ifdef MADV_DONTFORK
    CONSTANT(MADV_DONTFORK),
#endif
#ifdef MADV_DOFORK
    CONSTANT(MADV_DOFORK),
#endif
#ifdef MADV_HWPOISON
    CONSTANT(MADV_HWPOISON),
#endif
#ifdef MADV_MERGEABLE
    CONSTANT(MADV_MERGEABLE),
#endif
#ifdef MADV_UNMERGEABLE
    CONSTANT(MADV_UNMERGEABLE),
#endif
#ifdef MADV_SOFT_OFFLINE
    CONSTANT(MADV_SOFT_OFFLINE),
#endif
#ifdef MADV_HUGEPAGE
    CONSTANT(MADV_HUGEPAGE),
#endif
#ifdef MADV_NOHUGEPAGE
    CONSTANT(MADV_NOHUGEPAGE),
#endif
#ifdef MADV_DONTDUMP
    CONSTANT(MADV_DONTDUMP),
#endif
#ifdef MADV_DODUMP
    CONSTANT(MADV_DODUMP),
#endif
#ifdef MADV_FREE
    CONSTANT(MADV_FREE),
#endif
#ifdef MADV_NOSYNC
    CONSTANT(MADV_NOSYNC),
#endif
#ifdef MADV_AUTOSYNC
    CONSTANT(MADV_AUTOSYNC),
#endif
#ifdef MADV_NOCORE
    CONSTANT(MADV_NOCORE),
#endif
#ifdef MADV_CORE
    CONSTANT(MADV_CORE),
#endif
#ifdef MADV_PROTECT
    CONSTANT(MADV_PROTECT),
#endif
#ifdef MADV_FREE_REUSABLE
    CONSTANT(MADV_FREE_REUSABLE),
#endif
#ifdef MADV_FREE_REUSE
    CONSTANT(MADV_FREE_REUSE),
#endif
#undef CONSTANT
};

int add_constants(PyObject *module) {
  long page = sysconf(_SC_PAGESIZE);
  for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
    if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0)
      return -1;
  if (PyModule_AddIntConstant(module, "PAGESIZE", page) < 0 ||
      PyModule_AddIntConstant(module, "ALLOCATIONGRANULARITY", page) < 0)
    return -1;
  return PyModule_AddObjectRef(module, "error", PyExc_OSError);
}
