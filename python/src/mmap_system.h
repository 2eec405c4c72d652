/* What mmap asks of the system beside the library: the written contract. A function gives 0 or the system's own error number. */
#ifndef TOME_PYTHON_MMAP_SYSTEM_H
#define TOME_PYTHON_MMAP_SYSTEM_H

#include "compat.h"

enum file_kind { REGULAR_FILE, BLOCK_DEVICE, ZERO_DEVICE, OTHER_FILE };

/** What a descriptor is of. */
typedef struct file_facts {
  enum file_kind kind;
  long long size; /* of a regular file */
  int readable;   /* opened for that */
  int writable;
  int only_path; /* good for nothing else */
} file_facts;

int system_ask(int descriptor, file_facts *ret);

/** The path that a descriptor was opened by, as a str; None if it has none, or none any more. NULL: raised. */
PyObject *system_name(int descriptor);

/** A descriptor of new memory without a name, `size` bytes of zeros. */
int system_memory(Py_ssize_t size, int *ret_descriptor);

/** Whether there may be so much memory of a kind (MAP_…) and protection: the system refuses at once what it will never have. */
int system_has_memory(Py_ssize_t size, int flags, int protection);

/** Give advice on mapped memory; `address` is at the beginning of a page. */
int system_advise(void *address, size_t length, int advice);

/** Give mapped memory a protection (PROT_…); likewise. */
int system_protect(void *address, size_t length, int protection);

#endif
