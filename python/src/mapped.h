/* What mmap and File have in common: a map, its bytes, and its buffers.
 *
 * The interpreter lock guards all fields. A call that can wait or be long gives the lock up; so that another thread may close the
 * object meanwhile, it holds the map: closing takes the map away from the object at once, and the last one to let go of it closes it.
 *
 *     open_map *held = mapped_hold(self);      NULL: closed, and ValueError was raised
 *     Py_BEGIN_ALLOW_THREADS
 *     r = tome_...(held->map, ...);
 *     Py_END_ALLOW_THREADS
 *     if (r < 0)
 *       mapped_raise(self);                    before letting go, which may fail and record that
 *     open_map_release(self->state, held);
 *
 * Short copies of bytes that this map has seen before keep the lock: giving it up costs more than they do. */
#ifndef TOME_PYTHON_MAPPED_H
#define TOME_PYTHON_MAPPED_H

#include "failures.h"

/* A copy of so many bytes is worth giving up the lock for; the library refuses to do more at once. */
#define MOST_AT_ONCE ((Py_ssize_t)16 << 10)

/** A map and how many hold it: the object it is of, and calls in progress. */
typedef struct open_map {
  tome *map;
  Py_ssize_t holders;
} open_map;

/** The beginning of mmap and File objects. */
typedef struct mapped {
  PyObject_HEAD
  module_state *state; /* of the module, */
  PyObject *module;    /* which is kept: the collector may end the type's hold on it first */
  open_map *open;      /* NULL: closed */
  PyObject *path;      /* what exceptions call the file, or NULL */
  PyObject *weak_references;
  Py_ssize_t exports; /* buffers and views that are out */
  tome_range lost; /* what only a buffer was told: check() or close() tell it; length 0: nothing */
} mapped;

/* ---- life (mapped.c) ---- */

/** Take over an open map, whatever the result. 0, or -1: no memory, and the map is closed. */
int mapped_open(mapped *self, tome *map);

/** Close: BufferError while buffers are out. What was lost and nobody was told is raised; the object is closed all the same.
 *  0 (also if closed already) or -1. */
int mapped_close(mapped *self);

/** For __exit__ with what it was called with, after a close that raised: an exception that is in flight already is not replaced by
 *  LostBytesError, which is reported as unraisable. 0, or -1: it is raised. */
int mapped_leave(mapped *self, PyObject *arguments);

/** For tp_dealloc: closes, frees the fields, and reports as unraisable what close would raise. */
void mapped_clear(mapped *self);

/** Raise ValueError("mmap closed or invalid"). -1. */
int mapped_raise_closed(void);
/** Raise ValueError that says it in the words of what was closed: a map or a file. -1. */
int mapped_refuse_closed(const mapped *self);

static inline int mapped_check_open(const mapped *self) {
  if (self->open)
    return 0;
  mapped_refuse_closed(self);
  return -1;
}

/** Hold the map for a call without the interpreter lock. NULL: closed, and raised. */
open_map *mapped_hold(mapped *self);
/** Let go of it. The last one closes the map; a failure of that is reported as unraisable. Needs the interpreter lock. */
void open_map_release(module_state *state, open_map *held);

/** Raise the library's last failure in this thread, with the object's path; of a range that is outside, with numbers. NULL. */
PyObject *mapped_raise(mapped *self);

/** LostBytesError if bytes were lost that nobody was told of. 0 or -1. */
int mapped_check(mapped *self);

/* ---- bytes (content.c); offsets are the map's, ranges lie inside what the caller takes for its size ---- */

int mapped_load_slowly(mapped *self, uint64_t offset, void *buffer, Py_ssize_t length);
int mapped_store_slowly(mapped *self, uint64_t offset, const void *data, Py_ssize_t length);

/** Copy bytes out. 0, or -1 and raised. Pre: open. */
static inline int mapped_load(mapped *self, uint64_t offset, void *buffer, Py_ssize_t length) {
  if (length <= MOST_AT_ONCE && tome_read_nowait(self->open->map, offset, buffer, (size_t)length))
    return 0;
  return mapped_load_slowly(self, offset, buffer, length);
}

/** Copy bytes in. 0, or -1 and raised. Pre: open and writable; nobody changes `data` meanwhile. */
static inline int mapped_store(mapped *self, uint64_t offset, const void *data, Py_ssize_t length) {
  if (length <= MOST_AT_ONCE && tome_write_nowait(self->open->map, offset, data, (size_t)length))
    return 0;
  return mapped_store_slowly(self, offset, data, length);
}

/** Bytes [offset, offset + length) as a new bytes object. Pre: open. */
PyObject *mapped_bytes(mapped *self, uint64_t offset, Py_ssize_t length);
/** Every `step`th byte from `start`, `count` of them, as slices with steps have it. Pre: open; all are inside. */
PyObject *mapped_stride(mapped *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count);
/** Set them to the `count` bytes of `data`. 0 or -1. Pre: as above, and writable. */
int mapped_store_stride(mapped *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count,
                        const unsigned char *data);
/** Where a byte string is first (backward: last) in [from, to): *ret_offset. 1 found, 0 not found, -1 raised. Looks at signals now
 *  and then. Pre: open; from <= to. */
int mapped_find(mapped *self, const void *needle, Py_ssize_t length, uint64_t from, uint64_t to,
                int backward, uint64_t *ret_offset);

/* ---- buffers (exports.c) ---- */

/** Begin a view of a range, TOME_VIEW_…, and count it among the exports. Gives the lock up. NULL: raised. Pre: open. */
tome_view *mapped_begin_view(mapped *self, tome_range range, uint32_t intent);
/** End it, and let go of its map. 0, or -1: bytes of it were lost, and LostBytesError was raised. */
int mapped_end_view(mapped *self, tome_view *view);
/** The same for who cannot raise: what was lost is reported as unraisable, and kept for check() and close(). */
void mapped_drop_view(mapped *self, tome_view *view);

/** The smallest range that holds both; one of length 0 is none. */
tome_range mapped_join(tome_range a, tome_range b);

/** bf_getbuffer for [0, length). A buffer that may be written to has its blocks allocated: a full disk is OSError. */
int mapped_export(mapped *self, Py_buffer *buffer, int flags, Py_ssize_t length, int writable);
/** bf_releasebuffer, as mapped_drop_view(). */
void mapped_release(mapped *self, Py_buffer *buffer);

#endif
