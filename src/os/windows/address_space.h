/* Reserved address space, and what lies in it: views of a file, private memory, or nothing.
 *
 * Two ways do the same. Where the system has placeholders (Windows 10 1803 and later) one thing is put in the place of another
 * without a moment at which somebody else could take the address. Elsewhere the address is given back and taken again: if another
 * thread allocates just there in between, it is lost to us. Which way it is, is found out once. */
#ifndef TOME_ADDRESS_SPACE_H
#define TOME_ADDRESS_SPACE_H

#include "windows_headers.h"

#include <stddef.h>
#include <stdint.h>

/** What lies in a piece of address space. */
typedef enum piece_kind {
  PIECE_RESERVED,
  PIECE_VIEW,  /* of the file */
  PIECE_PATCH, /* zeroed private memory, reserved; committed as it is touched */
  PIECE_TAKEN  /* by somebody else: nothing of ours any more */
} piece_kind;

/** A piece of a reservation; the pieces of one follow on each other. All but `length` are in whole granules. */
typedef struct piece {
  size_t at;     /* from the beginning of the reservation */
  size_t span;   /* address space */
  size_t length; /* of a view: bytes that can be used, in whole pages */
  piece_kind kind;
} piece;

/** What views are made from. */
typedef struct view_source {
  HANDLE section;   /* reaches as far as the views do */
  uint64_t offset;  /* in the section, of the beginning of the reservation */
  uint64_t size;    /* of the section */
  DWORD protection; /* of views: PAGE_READONLY, PAGE_READWRITE or PAGE_WRITECOPY */
} view_source;

/** Find out which way it is. Pre: no lock is held that the fault handler takes: the system looks calls up under a lock of
 *  its own. */
void tome__space_prepare(void);
/** Reserve address space: TOME_ENOMEM if there is none. `length` is in whole granules. Pre: callers are serialised,
 *  and it has been prepared. */
int tome__space_reserve(size_t length, char **ret_base);
/** Put `count` new pieces in the place of `old_count` old ones, which take up the same stretch. Those that cannot be had become
 *  PIECE_RESERVED, or PIECE_TAKEN. Returns 0, or the first error. */
int tome__space_replace(char *base, const piece *old, size_t old_count, piece *pieces, size_t count,
                        const view_source *source);
/** Give it all back. Returns 0, or the first error. */
int tome__space_release(char *base, const piece *pieces, size_t count);

/** Forget which way it is: for tests, which plant another system. Pre: nothing is mapped. */
void tome__space_ask_again(void);

#endif
