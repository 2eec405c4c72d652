/* What the fuzz target of the library believes: the bytes of one file, and what each map and view of it may and must say.
 *
 * The file is a plain array. Other processes' doings (cuts, growth, writes) are plain system calls, done to the array too.
 * What is determined must come out exactly so. After a loss there is sometimes a choice: then the right bytes or the report of
 * the loss are both good, but never wrong bytes without a report.
 *
 * Offsets into the arrays are the file's; arguments of calls are the map's, which are `origin` less. */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include <stddef.h>
#include <stdint.h>
#include <tome/tome.h>

enum { PAGE_BYTES = 4096, LIMIT = 20 * PAGE_BYTES, MAPS = 2, VIEWS = 3 };

/* What a map knows of a byte of the file. */
enum {
  STORED = 1,  /* this map stored it, and its call succeeded */
  MAYBE = 2,   /* a call that failed may have stored it */
  LOST = 4,    /* stored and then cut away, which must be told */
  NOTICED = 8, /* and the map has compared sizes since: growing again does not hide it */
  PERHAPS = 16 /* may be told as lost, need not be */
};

/* What is known of a byte beyond the end. */
enum { GHOST = 1, ANY_GHOST = 2 };

/* What a private map knows. */
enum {
  OWN = 32,  /* stored: `own` has it */
  LOOSE = 64 /* the file changed below it: any value */
};

typedef struct model_map {
  tome *map; /* NULL: not open */
  uint32_t flags;
  uint64_t origin, limit, size;
  uint64_t size_before, size_wanted; /* of the operation under way */
  uint64_t stored_end;               /* stores may have reached up to here, in the file */
  uint64_t reserved;                 /* as tome_info_get() told; 0: not asked */
  unsigned char *base;               /* of byte 0, as views showed it; NULL: none did */
  int alarm;                         /* flush, check and close may tell of a loss */
  int patched;      /* there may be patches: a first call may meet them, a second must not */
  int patch_stored; /* and bytes in them */
  int flush_code;   /* the failure that sticks */
  int odd_identity; /* its file may not be recognised: a failure elsewhere may not stick to it */
  unsigned char marks[LIMIT];
  unsigned char own[LIMIT];
} model_map;

typedef struct model_view {
  tome_view view; /* map NULL: not open */
  model_map *of;
  uint32_t intent;
  uint64_t end;   /* in the file */
  int cut_seen;   /* the file once ended before it */
  int met;        /* an access touched a page that was not there: the end must tell */
  int saw_wrong;  /* a load or store went wrong: the end must tell */
  int lost_store; /* flush and check must tell */
  int told;       /* check has */
} model_view;

typedef struct model {
  int fd;
  char path[32];
  uint64_t size;
  uint64_t most; /* no byte beyond was ever in the file */
  unsigned char bytes[LIMIT];
  /* Stores beyond the end, in the last page: there until the system wipes them. GHOST, or ANY_GHOST. */
  int ghosts;
  unsigned char is_ghost[LIMIT];
  unsigned char ghost[LIMIT];
  model_map maps[MAPS];
  model_view views[VIEWS];
  int flush_code; /* a failed flush sticks to the file */
  /* The call under way. */
  int fuse, fuse_kind; /* of its system calls the fuse-th fails; 0: none */
  int struck;          /* it did */
  const char *doing;
  unsigned long long with[4];
} model;

/* ---- saying what is done, and what is wrong ---- */

void model_say(model *all, const char *doing, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
_Noreturn void model_wrong(const model *all, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** A call of the library, with the fuse in its system calls. */
#define MODEL_CALL(all, call) model_called((all), (model_light(all), (call)))
void model_light(model *all);
int model_called(model *all, int result);

/** Whether the call ended as it had to. If not, a system call was made to fail and the call says so: that is excused, and
 *  leaves the map's knowledge vague. Anything else is wrong. */
int model_agrees(model *all, model_map *m, int got, int want);

/* ---- the file ---- */

/** Bytes to store, until the next call: of few values, so that searches find them, and not aligned with anything. */
const unsigned char *model_data(unsigned seed, uint64_t length);

/** A new file: of bytes that are not zero, or a hole. */
void model_begin(model *all, uint64_t size, int filled);
void model_end(model *all);

static inline uint64_t page_up(uint64_t offset) {
  return (offset + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

/** Whether this can be seen beyond the end of the file, in its last page. */
static inline int model_may_be_ghost(const model *all, uint64_t at, unsigned char byte) {
  return byte == 0 || all->is_ghost[at] == ANY_GHOST ||
         (all->is_ghost[at] == GHOST && byte == all->ghost[at]);
}

/** Where the file ends, as an offset of the map. */
static inline uint64_t model_end_in(const model *all, const model_map *m) {
  return all->size > m->origin ? all->size - m->origin : 0;
}

/** The file has become shorter, by what `actor` (NULL: another process) did. */
void model_cut(model *all, model_map *actor, uint64_t size);
/** The file has become longer. New bytes are zero, but for ghosts: these are looked up. */
void model_grow(model *all, model_map *actor, uint64_t size);
/** The same by a write that reaches past the end; what is between is new. */
void model_grow_by(model *all, model_map *actor, uint64_t at, const void *data, uint64_t length);
/** Bytes inside the file have changed; data NULL: all to `byte`. */
void model_change(model *all, model_map *actor, uint64_t at, const void *data, int byte,
                  uint64_t length);
/** A store of a map through the mapping, as far as the file reaches; what lies beyond in the last page becomes ghosts. */
void model_store(model *all, model_map *m, uint64_t at, const void *data, int byte,
                 uint64_t length);
/** A store that may have been done or not, byte for byte: look, and believe it. */
void model_look_after_store(model *all, model_map *m, uint64_t at, const void *data, int byte,
                            uint64_t length);
/** Whether the file may be cut now: an unguarded map would die of it. */
int model_may_cut(const model *all, const model_map *actor);

/** Compare the file with the array. */
void model_compare(model *all);

/* ---- maps ---- */

/** The bytes as the map has them. Whether they are all determined. */
int model_expect(const model *all, const model_map *m, uint64_t offset, uint64_t length,
                 unsigned char *ret_bytes);
void model_match(const model *all, const model_map *m, uint64_t offset, const void *got,
                 uint64_t length);

/** As the map does it: look at the file's size. */
void model_notice(model *all, model_map *m);
void model_adopt(model *all, model_map *m, int shrink);
/** Whether [offset, offset + *length) is inside the map, which asks the file if it is not. */
int model_resolve(model *all, model_map *m, uint64_t offset, uint64_t *length);
int model_check_range(model *all, model_map *m, uint64_t offset, uint64_t length);

static inline int model_inside(uint64_t size, uint64_t offset, uint64_t length) {
  return offset <= size && length <= size - offset;
}

/** The last error names bytes of [offset, offset + length). */
void model_check_error(const model *all, uint64_t offset, uint64_t length);

/* ---- the operations; each makes one call and judges it ---- */

typedef struct model_open_options {
  uint32_t flags;
  int by_descriptor;
  uint64_t offset, length, reserve, window;
} model_open_options;

void model_open(model *all, model_map *m, const model_open_options *how);
void model_close(model *all, model_map *m);
void model_resize(model *all, model_map *m, uint64_t size);
void model_append(model *all, model_map *m, const void *data, uint64_t length);
void model_refresh(model *all, model_map *m);
void model_info(model *all, model_map *m);
void model_evict(model *all, model_map *m, uint64_t offset, uint64_t length);

void model_gather(model *all, model_map *m, tome_span *spans, size_t count);
void model_read(model *all, model_map *m, uint64_t offset, uint64_t length);
void model_write(model *all, model_map *m, uint64_t offset, const void *data, uint64_t length);
void model_fill(model *all, model_map *m, uint64_t offset, uint64_t length, int byte);
void model_move(model *all, model_map *m, uint64_t to, uint64_t from, uint64_t length);
void model_find(model *all, model_map *m, const void *needle, uint64_t needle_length, uint64_t from,
                uint64_t to, int backward);

void model_flush(model *all, model_map *m, uint64_t offset, uint64_t length, int level);
void model_check(model *all, model_map *m);

void model_view_begin(model *all, model_view *v, model_map *m, uint64_t offset, uint64_t length,
                      uint32_t intent);
void model_view_load(model *all, model_view *v, uint64_t at, uint64_t length);
void model_view_store(model *all, model_view *v, uint64_t at, const void *data, uint64_t length);
void model_view_end(model *all, model_view *v);

#endif
