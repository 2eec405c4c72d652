/* Files that nobody but their owner may use. */
#ifndef TOME_OWNER_ONLY_H
#define TOME_OWNER_ONLY_H

#include "windows_headers.h"

#include <stdint.h>

/** What a file is created with. Holds pointers into itself: stays where it is. */
typedef struct owner_only {
  SECURITY_ATTRIBUTES attributes;
  SECURITY_DESCRIPTOR descriptor;
  uint64_t acl[32];  /* ACL, with one entry */
  uint64_t user[32]; /* TOKEN_USER */
} owner_only;

/** @return 0 or a TOME_E… code. */
int tome__os_owner_only(owner_only *ret);

#endif
