/* The map as the files of this folder share it.
 *
 * Two coordinates: offsets of the map, which callers use, and offsets of the file, which is origin more. A window is a
 * stretch of the file that is mapped. The base is one that holds the whole map and, reserved behind it, the room to
 * grow into, as far as the system maps what lies past the end of a file: elsewhere more of it is mapped as the file grows. Where
 * a base cannot be had, and for what lies past it, windows come and go.
 *
 * Invariants
 *  1. The base never moves and never goes before tome_close().
 *  2. `size` grows only after the file has; bytes [0, size) are promised: if they are not there, that is a loss.
 *  3. A window with users is neither unmapped nor moved.
 *  4. `known` and `stored` are shortcuts: a page missing from them is only slower. But of a private map, `stored` says which
 *     pages the file no longer speaks for; without the set, none is read from the file.
 *  Locks, in the order in which they are taken: map->lock, then the guard's. */
#ifndef TOME_MAP_STATE_H
#define TOME_MAP_STATE_H

#include "counters.h"
#include "failed_files.h"
#include "os.h"
#include "pageset.h"

#include <stdatomic.h>
#include <stdint.h>
#include <tome/map.h>
#include <tome/view.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define NOINLINE __attribute__((noinline))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/** A mapped stretch of the file. Only lost_pages.c uses `watched_next`, only window.c the rest but
 *  address, start and length. The length of the base may grow: under map->lock and the guard's, so either is good to read it. */
typedef struct window {
  tome *map;
  unsigned char *address;
  uint64_t start; /* offset in the file */
  size_t length;  /* that can be used */
  size_t reserved;
  size_t users;
  uint64_t last_used;
  struct window *next;
  struct window *watched_next;
} window;

/** Bytes that were lost, and when. Times are generations of `losses`. */
typedef struct loss {
  tome_range range;   /* bytes of the map; length 0: the entry is free */
  tome_range patched; /* pages of the file that patches lie over */
  uint64_t noted;     /* last, as more may be added to it */
  uint64_t healed;    /* 0: there still is a patch */
  int merged; /* `patched` may hold pages that were not lost, which a private map has nowhere else */
} loss;

#define MOST_LOSSES 32

/** A live view, so that no resize cuts it and no flush overlooks what it lost. */
typedef struct view_entry {
  tome_range range;
  uint64_t before; /* `losses` when it began */
  int stores;      /* it may store */
  uint32_t advice; /* of its own, see advice.c */
  int laid;        /* and given to the system */
  uint32_t serial; /* odd: in use */
  uint32_t next_free;
} view_entry;

struct tome {
  /* Read by every access. */
  _Atomic uint64_t size;
  _Atomic uint64_t losses;     /* generation * 2, + 1 while there is a patch anywhere */
  unsigned char *base;         /* byte 0 of the map, or NULL */
  _Atomic size_t reach;        /* bytes of the map that the base holds; see tome__reach() */
  uint64_t spare;              /* of these, how many it began with beyond its size */
  uint64_t lead;               /* bytes of the base mapping before byte 0 */
  pageset known;               /* pages read before: from the base mapping's start */
  pageset stored;              /* pages stored into before, which have their blocks */
  _Atomic uint32_t look_limit; /* how many short reads look, of 2^32; see advice.c */
  _Atomic uint32_t look;       /* which of them do */
  uint32_t flags;
  int access; /* OS_WRITE, OS_PRIVATE */
  int guarded;
  _Atomic int can_be_cut; /* by another process, and we look after it */
  int moves_blocks;
  int writes_by_call; /* large stores may go by a system call that would make a file that was cut longer */
  int exact_holes;
  _Atomic uint64_t stored_end; /* stores reached up to here; lowered only by a cut or a shrink */

  /* Fixed, or changed under `lock`. */
  uint64_t origin;           /* of byte 0, in the file */
  uint64_t limit;            /* the part's length, or TOME_END */
  uint64_t in_base;          /* address space that the base began with */
  _Atomic uint64_t promised; /* the largest size there ever was */
  uint32_t kind;
  size_t forced_window; /* 0: none */
  os_file file;
  char *path; /* or NULL */
  os_mutex lock;
  window base_window;
  int base_ends; /* no more of what it reserved can be had */
  window *windows;
  uint64_t window_clock;
  tome_range unsaved; /* stores that another process cut away, not told yet */
  int stored_behind;  /* some of them may lie behind the end of the file, in its last page */
  uint64_t checked; /* losses that open views met up to this generation were told by tome_check() */
  view_entry *views;
  uint32_t views_count, views_free; /* views_free: index + 1 */

  os_identity identity;         /* of the file, where it can be flushed */
  failed_file *if_flush_fails;  /* for the list of failed files; NULL once it is there */
  int flush_code, flush_system; /* the first failure of a flush */
  os_mutex flush_lock;

  tome *next_map; /* see forked.c, under its lock */
  int is_watched; /* by it */

  os_mutex locking;      /* held while something is locked in memory, and before `lock` */
  struct locked *locked; /* see lock.c */

  counters counters;

  /* How it is read; see advice.c. */
  int notices;
  atomic_int cannot_read_now; /* whether a read has to wait is not known of this file */
  _Atomic uint32_t advice;    /* that the base has */
  _Atomic uint64_t read_end;  /* of the last read of pages that were not known */
  atomic_int
      in_a_row; /* waits that went on where the last read ended, as a negative number; or did not */

  /* The guard's, under its lock. */
  loss lost[MOST_LOSSES];
  uint64_t forgotten; /* losses healed up to this generation may have been dropped from `lost` */
  tome_range forgotten_range; /* and where they were */
};

static inline uint64_t tome__size(const tome *map) {
  return atomic_load_explicit(&map->size, memory_order_acquire);
}

/** Bytes of the map that the base holds, at least. It is raised only when they are mapped, and before `size` is, which orders all
 *  that is in them. That they are mapped needs no order: whoever sees it reads through the page tables, as the system left them. */
static inline uint64_t tome__reach(const tome *map) {
  return atomic_load_explicit(&map->reach, memory_order_relaxed);
}

/** Whether [offset, offset + length) is inside `size`, whatever the numbers. */
static inline int tome__inside(uint64_t size, uint64_t offset, uint64_t length) {
  return offset <= size && length <= size - offset;
}

/** Bytes of the pages of the file that a range of the map touches. */
static inline uint64_t tome__whole_pages(const tome *map, tome_range range) {
  uint64_t page = tome__os_system()->page, from = map->origin + range.offset;
  return (from + range.length + page - 1) / page * page - from / page * page;
}

/** Largest of two, atomically. */
static inline void tome__raise(_Atomic uint64_t *to, uint64_t value) {
  uint64_t now = atomic_load_explicit(to, memory_order_relaxed);
  while (now < value && !atomic_compare_exchange_weak(to, &now, value))
    ;
}

/** The range that a caller means: `*length` may be TOME_END. 0 if it is inside the map, asking the file whether it has
 *  grown; else TOME_ERANGE recorded. */
int tome__resolve(tome *map, const char *operation, uint64_t offset, uint64_t *length);
/** The same for a range without TOME_END. */
int tome__check_range(tome *map, const char *operation, uint64_t offset, uint64_t length);
/** Whether a range is inside the map, asking the file as above. Pre: map->lock held. */
int tome__is_inside(tome *map, tome_range range);
/** The file is `file_size` bytes long: note the stores that reached beyond. Pre: map->lock held. */
void tome__note_cut(tome *map, uint64_t file_size);
/** The system failed to write the file back, says its last error: for this map and all others of the file, for good. Pre: nobody
 *  else flushes the map. */
void tome__flush_failed(tome *map, int code);
/** Bring a range of the file to a level, as far as no failure of that sticks; one that comes does. Records nothing: *ret_system is
 *  the system's code. Pre: it is a file on a disk. */
int tome__flush_sticking(tome *map, uint64_t offset, uint64_t length, int level, int *ret_system);
/** Stores that are not in the file although their calls succeeded: those that another process cut away, and those that live
 *  views lost. Returns 1 and the smallest range around those in [offset, offset + length), 0 if there are none, or TOME_EIO and
 *  the like. What was cut away is told once, and what lies outside the range stays to be told; what live views lost is told
 *  each time. */
int tome__stores_lost(tome *map, uint64_t offset, uint64_t length, tome_range *ret_lost);
/** 0 if stores are allowed; else TOME_EREADONLY recorded. */
int tome__check_writable(tome *map, const char *operation);
/** Record a failure of the map; `system` is 0 where the system had no part in it. */
int tome__map_fail(const tome *map, const char *operation, int code, int system, uint64_t offset,
                   uint64_t length);
/** The same, with the system's last error where the code is the system's. */
int tome__fail_at(const tome *map, const char *operation, int code, tome_range range);

/** Mapped memory at `offset`: *ret_data, at least `least` bytes of it, in all *ret_length. Stays until
 *  tome__window_unpin(). Pre: the bytes are inside the map. Fails with TOME_ENOMEM, or
 *  TOME_ELOST if the disk has failed. */
int tome__window_pin(tome *map, uint64_t offset, size_t least, unsigned char **ret_data,
                     size_t *ret_length, window **ret_window);
/** `pinned` may be NULL: the base needs no pin. */
void tome__window_unpin(tome *map, window *pinned);
/** Zero what lies in the last page behind the end of the file, which is `at`. If the file has another size by now, nothing
 *  happens. */
int tome__window_clear_behind(tome *map, uint64_t at);
/** Map the base with `reserve` bytes of address space; where that is refused, with as much behind the map as the system gives, at
 *  most `scarce` bytes. With TOME_ENOMEM windows remain. */
int tome__window_base(tome *map, uint64_t size, uint64_t reserve, uint64_t scarce);
/** The file has become longer: let the base reach as far as it can. Pre: map->lock held, and `size` not raised yet. */
void tome__window_grown(tome *map);
/** Bytes of the map for which the base has address space; 0: it works through windows. */
uint64_t tome__window_reserved(const tome *map);
/** Let go of the pages that lie wholly in [from, end) of the file: windows that nobody uses are unmapped. Pre: map->lock held, and
 *  nothing there is locked. */
void tome__window_let_go(tome *map, uint64_t from, uint64_t end);
/** Unmap everything. */
int tome__window_release(tome *map);

/** Enter a view, which begins now; its key. 0: no memory. Pre: map->lock held, as for all of these. */
uint64_t tome__view_enter(tome *map, tome_range range, int stores);
/** The entry of a key, also just after it was taken out. */
view_entry *tome__view_entry(tome *map, uint64_t key);
/** Whether it is there. */
int tome__view_is_live(const tome *map, uint64_t key);
/** Take it out; 0 if it is not there any more. */
int tome__view_leave(tome *map, uint64_t key);
/** Up to where live views may have stored. */
uint64_t tome__views_stored_end(const tome *map);
/** Whether a live view covers bytes from `size` on. */
int tome__view_beyond(const tome *map, uint64_t size);
/** The smallest range around what live views met of losses in `range` noted after generation `since`; of storing views only
 *  if `stores`. Length 0: nothing. */
tome_range tome__views_lost(tome *map, tome_range range, uint64_t since, int stores);

/** Make sure of the blocks of a range inside the map, where it is a file's own blocks that are stored into. */
int tome__allocate(tome *map, uint64_t offset, uint64_t length);
/** Copy bytes out. Records nothing: fails with the code and, in *ret_lost, the bytes concerned. Pre: inside the map. */
int tome__load(tome *map, uint64_t offset, void *buffer, size_t length, tome_range *ret_lost);
/** The same for what reads many bytes once: nothing is noted, nothing stays mapped. What lies before *ret_lost was read; no
 *  patch is taken away. */
int tome__pass(tome *map, uint64_t offset, void *buffer, size_t length, tome_range *ret_lost);
/** Whether what an access in place lost is read again by call. Where a patch is larger than a page, bytes that are there lie under
 *  it, too, and the file itself tells which they are; but of a private map it does not speak for all. */
int tome__reads_exactly(const tome *map);
/** The same for what the disk was asked for, and was counted then: it is known afterwards. */
int tome__collect(tome *map, uint64_t offset, void *buffer, size_t length, tome_range *ret_lost);
/** Copy bytes in; a failure is recorded. Pre: inside the map, which is writable. */
int tome__store(tome *map, const char *operation, uint64_t offset, const void *data, size_t length);

/** How many bytes of a write at `offset` lie inside the map, by its newest size; fails if the others may not grow it. */
int tome__grow_split(tome *map, uint64_t offset, size_t length, size_t *ret_inside);
/** Write what lies past the end, all but the first `inside` bytes. 1: the file has just become longer, split anew. */
int tome__grow_write(tome *map, uint64_t offset, const void *data, size_t length, size_t inside);

#endif
