/* Opening and closing. */
#include "advice.h"
#include "failure.h"
#include "forked.h"
#include "lock.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>
#include <tome/info.h>

#define ALL_FLAGS                                                                                  \
  (TOME_WRITE | TOME_COPY | TOME_CREATE | TOME_EXCL | TOME_TRUNCATE | TOME_GROW | TOME_SPARSE |    \
   TOME_NOGUARD)
#define NEEDS_WRITE (TOME_CREATE | TOME_TRUNCATE | TOME_GROW | TOME_SPARSE)

/* Where the usual reservation is refused (ulimit -v), the largest that is not would leave nothing for the rest of the program. */
#define SPARE_WHERE_SCARCE ((uint64_t)16 << 20)

/* All maps together reserve less than so many of the usual reservations, however many there are: half of the address space. */
#define MOST_RESERVED 1024
static _Atomic uint64_t reserved;

/* Nor do bases, files and all, take more than this together, where addresses are short: the rest is for windows and for the
 * program. What a new one reserves is a part of what is left of it. */
#define MOST_IN_BASES ((uint64_t)SIZE_MAX / 4)
#define PARTS_OF_BASES 64
static _Atomic uint64_t in_bases;

static const tome_options default_options = TOME_OPTIONS_INIT;

const char *tome_version(void) {
  return TOME_VERSION;
}

uint64_t tome_size(const tome *map) {
  return tome__size(map);
}

static const char *why_lost(const tome *map, uint64_t end) {
  return tome__os_size_now(&map->file) < map->origin + end ? "the file is shorter now"
                                                           : "they could not be read or written";
}

int tome__map_fail(const tome *map, const char *operation, int code, int system, uint64_t offset,
                   uint64_t length) {
  const char *detail = code == TOME_ELOST ? why_lost(map, offset + length) : NULL;
  return tome__fail(map->path, (failure){.operation = operation,
                                         .code = code,
                                         .system = system,
                                         .offset = offset,
                                         .length = length,
                                         .detail = detail});
}

static int is_ours(int code) {
  return code == TOME_ERANGE || code == TOME_EFBIG || code == TOME_ELOST || code == TOME_ECANCELED;
}

int tome__fail_at(const tome *map, const char *operation, int code, tome_range range) {
  int system = is_ours(code) ? 0 : tome__os_last_error();
  return tome__map_fail(map, operation, code, system, range.offset, range.length);
}

int tome__check_writable(tome *map, const char *operation) {
  if (map->access & OS_WRITE)
    return 0;
  return tome__fail(map->path, (failure){.operation = operation,
                                         .code = TOME_EREADONLY,
                                         .detail = "open it with TOME_WRITE or TOME_COPY"});
}

/* ---- arguments ---- */

static const char *wrong_flags(uint32_t flags) {
  if (flags & ~ALL_FLAGS)
    return "unknown flag";
  if ((flags & TOME_COPY) && (flags & (TOME_WRITE | NEEDS_WRITE)))
    return "TOME_COPY goes with no flag that changes the file";
  if ((flags & NEEDS_WRITE) && !(flags & TOME_WRITE))
    return "TOME_CREATE, TOME_TRUNCATE, TOME_GROW and TOME_SPARSE need TOME_WRITE";
  if ((flags & TOME_EXCL) && !(flags & TOME_CREATE))
    return "TOME_EXCL needs TOME_CREATE";
  return NULL;
}

static const char *wrong_options(uint32_t flags, const tome_options *options) {
  if (options->struct_size != sizeof *options)
    return "tome_options: begin with TOME_OPTIONS_INIT";
  if (options->window && (flags & TOME_COPY))
    return "a forced window does not go with TOME_COPY";
  if (options->advice > TOME_ADVICE_SEQUENTIAL)
    return "unknown advice";
  if (options->mode > 07777)
    return "permission bits above 07777";
  return NULL;
}

/* ---- opening ---- */

/* Which bytes of the file are the map's. */
static int place(tome *map, const tome_options *options) {
  os_stat status;
  int r = tome__os_stat(&map->file, &status);
  if (r < 0)
    return r;
  if (map->kind != TOME_KIND_MEMORY)
    map->kind = status.kind;
  uint64_t file_size = map->flags & TOME_TRUNCATE ? 0 : status.size;
  if (options->offset > file_size)
    return TOME_ERANGE;
  uint64_t rest = file_size - options->offset;
  if (options->length != TOME_END && options->length > rest)
    return TOME_ERANGE;
  map->origin = options->offset;
  map->limit = options->length;
  uint64_t size = options->length == TOME_END ? rest : options->length;
  atomic_store(&map->promised, size);
  atomic_store(&map->size, size);
  return 0;
}

static uint64_t room_for_bases(void) {
  uint64_t taken = atomic_load(&in_bases);
  return taken < MOST_IN_BASES ? MOST_IN_BASES - taken : 0;
}

/* A part of what is left, so that there is always some, for the rest of the program too. */
static uint64_t spare_now(void) {
  uint64_t most = tome__os_system()->spare * MOST_RESERVED, taken = atomic_load(&reserved);
  uint64_t spare = taken < most ? (most - taken) / MOST_RESERVED : 0;
  uint64_t part = room_for_bases() / PARTS_OF_BASES;
  spare = spare > SPARE_WHERE_SCARCE ? spare : SPARE_WHERE_SCARCE;
  return spare < part ? spare : part;
}

static uint64_t reservation(const tome *map, const tome_options *options) {
  uint64_t size = tome__size(map);
  int may_grow = map->kind != TOME_KIND_BLOCK && !(map->flags & TOME_COPY) &&
                 (map->limit == TOME_END || (map->flags & TOME_WRITE));
  if (options->reserve)
    return options->reserve > size ? options->reserve : size;
  uint64_t spare = spare_now();
  return may_grow && size <= UINT64_MAX - spare ? size + spare : size;
}

static size_t window_size(const tome_options *options) {
  size_t granularity = tome__os_system()->granularity;
  if (options->window > SIZE_MAX / 4)
    return SIZE_MAX / 4 / granularity * granularity;
  return (options->window + granularity - 1) / granularity * granularity;
}

/* Whether the file can be mapped at all, where there is nothing to map yet: now, not at the first access. */
static int try_mapping(tome *map) {
  size_t length = tome__os_system()->granularity;
  void *address;
  size_t usable;
  int r = tome__os_map(&map->file, 0, length, map->access, &address, &usable);
  return r < 0 ? r : tome__os_unmap(address, length);
}

/* A copy has no choice, and who asks for a reservation knows what it takes. */
static int is_too_large_for_base(const tome *map, const tome_options *options) {
  return !(map->flags & TOME_COPY) && !options->reserve && tome__size(map) > room_for_bases();
}

static int map_base(tome *map, const tome_options *options) {
  map->forced_window = window_size(options);
  if (map->forced_window || is_too_large_for_base(map, options))
    return try_mapping(map);
  uint64_t scarce = options->reserve ? UINT64_MAX / 2 : SPARE_WHERE_SCARCE;
  int r = tome__window_base(map, tome__size(map), reservation(map, options), scarce);
  if (r == TOME_ENOMEM && !(map->flags & TOME_COPY))
    return 0; /* windows */
  if (r == 0 && !map->base)
    return try_mapping(map);
  if (r < 0)
    return r;
  uint64_t length = tome__window_reserved(map);
  map->spare = length > tome__size(map) ? length - tome__size(map) : 0;
  map->in_base = length;
  atomic_fetch_add(&reserved, map->spare);
  atomic_fetch_add(&in_bases, map->in_base);
  tome__pageset_init(&map->known, map->lead + length);
  if (map->access & OS_WRITE)
    tome__pageset_init(&map->stored, map->lead + length);
  return 0;
}

static int access_of(uint32_t flags) {
  if (flags & TOME_COPY)
    return OS_WRITE | OS_PRIVATE;
  return flags & TOME_WRITE ? OS_WRITE : 0;
}

static void dispose(tome *map) {
  tome__os_free(map->if_flush_fails);
  tome__os_mutex_destroy(&map->flush_lock);
  tome__os_mutex_destroy(&map->locking);
  tome__os_mutex_destroy(&map->lock);
  tome__os_free(map->views);
  tome__os_free(map->path);
  tome__os_free(map);
}

static int release(tome *map) {
  tome__fork_unwatch(map);
  atomic_fetch_sub(&reserved, map->spare);
  atomic_fetch_sub(&in_bases, map->in_base);
  tome__locks_forget(map);
  int r = tome__window_release(map);
  tome__guard_detach(map);
  tome__advice_end(map);
  tome__pageset_release(&map->known);
  tome__pageset_release(&map->stored);
  return r;
}

static tome *new_map(const char *path, uint32_t flags) {
  tome *map = tome__os_new(1, sizeof *map);
  if (!map)
    return NULL;
  map->flags = flags;
  map->access = access_of(flags);
  tome__os_mutex_init(&map->lock);
  tome__os_mutex_init(&map->flush_lock);
  tome__os_mutex_init(&map->locking);
  if (!path)
    return map;
  map->path = tome__os_new(strlen(path) + 1, 1);
  if (!map->path) {
    dispose(map);
    return NULL;
  }
  memcpy(map->path, path, strlen(path) + 1);
  return map;
}

/* What a failed flush will need: nothing may be missing then. */
static int prepare_for_failed_flush(tome *map) {
  if (!(map->flags & TOME_WRITE) || map->kind == TOME_KIND_MEMORY)
    return 0;
  map->if_flush_fails = tome__os_new(1, sizeof *map->if_flush_fails);
  if (!map->if_flush_fails)
    return TOME_ENOMEM;
  return tome__os_identity(&map->file, &map->identity);
}

/* The file is open; make it a map. The file itself is changed last of all. */
static int set_up(tome *map, const tome_options *options) {
  int r = place(map, options);
  if (r < 0)
    return r;
  if (map->flags &
      TOME_COPY) /* private pages cannot be in windows that come and go: it never becomes larger */
    map->limit = tome__size(map);
  r = prepare_for_failed_flush(map);
  os_traits traits = {0};
  if (r == 0 && map->kind == TOME_KIND_FILE)
    r = tome__os_traits(&map->file, &traits);
  if (r == 0)
    r = tome__fork_watch(map);
  if (r == 0)
    r = tome__guard_attach(map);
  map->moves_blocks = traits.moves_blocks;
  map->writes_by_call = (map->flags & TOME_GROW) && traits.own_flags && !traits.moves_blocks;
  map->exact_holes = traits.exact_holes;
  map->can_be_cut = map->guarded && traits.can_be_cut;
  if (r == 0)
    r = map_base(map, options);
  if (r == 0)
    tome__advice_begin(map, options->advice);
  if (r == 0 && (map->flags & TOME_TRUNCATE))
    r = tome__os_truncate(&map->file, 0);
  return r;
}

static const char *detail_of(int code) {
  switch (code) {
  case TOME_ERANGE:
    return "the part is not inside the file";
  case TOME_ENOTSUP:
    return "huge pages, or a descriptor that cannot be opened anew";
  case TOME_EREADONLY:
    return "the file system is mounted so";
  case TOME_EBUSY:
    return "a program that is being executed, leased to another process, open in one that does "
           "not share it, or mapped where it was to be truncated";
  case TOME_EMFILE:
    return "close some, or raise the limit (ulimit -n)";
  default:
    return NULL;
  }
}

static int fail_open(const char *operation, const char *path, int code,
                     const tome_options *options) {
  failure what = {.operation = operation, .code = code, .detail = detail_of(code)};
  if (code == TOME_ERANGE) {
    what.offset = options->offset;
    what.length = options->length != TOME_END ? options->length : 0;
  } else {
    what.system = tome__os_last_error();
  }
  return tome__fail(path, what);
}

static int fail_arguments(const char *operation, const char *path, const char *what) {
  return tome__fail(path, (failure){.operation = operation, .code = TOME_EINVAL, .detail = what});
}

/* What the three ways of opening have in common: a file from somewhere becomes a map. */
static int open_map(tome **ret, const char *operation, tome *map, int opened,
                    const tome_options *options) {
  int r = opened < 0 ? opened : set_up(map, options);
  if (r < 0) {
    fail_open(operation, map->path, r, options);
    if (opened == 0) {
      release(map);
      tome__os_abandon(&map->file, map->path);
    }
    dispose(map);
    return r;
  }
  *ret = map;
  return 0;
}

static int no_memory(const char *operation, const char *path) {
  return tome__fail(path, (failure){.operation = operation, .code = TOME_ENOMEM});
}

int tome_open(tome **ret, const char *path, uint32_t flags, const tome_options *options) {
  options = options ? options : &default_options;
  const char *wrong = path ? wrong_flags(flags) : "no path";
  wrong = wrong ? wrong : wrong_options(flags, options);
  if (wrong)
    return fail_arguments(__func__, path, wrong);
  tome *map = new_map(path, flags);
  if (!map)
    return no_memory(__func__, path);
  int opened = tome__os_open(path, flags, options->mode, &map->file);
  return open_map(ret, __func__, map, opened, options);
}

int tome_open_fd(tome **ret, int fd, uint32_t flags, const tome_options *options) {
  options = options ? options : &default_options;
  const char *wrong = wrong_flags(flags);
  wrong = wrong ? wrong : wrong_options(flags, options);
  if (!wrong && (flags & (TOME_CREATE | TOME_EXCL)))
    wrong = "an open descriptor cannot be created";
  if (wrong)
    return fail_arguments(__func__, NULL, wrong);
  tome *map = new_map(NULL, flags);
  if (!map)
    return no_memory(__func__, NULL);
  int opened = tome__os_adopt(fd, flags, &map->file);
  return open_map(ret, __func__, map, opened, options);
}

int tome_anonymous(tome **ret, uint64_t size, const tome_options *options) {
  options = options ? options : &default_options;
  const char *wrong = wrong_options(TOME_WRITE, options);
  if (!wrong && (options->offset != 0 || options->length != TOME_END))
    wrong = "anonymous memory has no parts";
  if (wrong)
    return fail_arguments(__func__, NULL, wrong);
  tome *map = new_map(NULL, TOME_WRITE);
  if (!map)
    return no_memory(__func__, NULL);
  map->kind = TOME_KIND_MEMORY;
  int opened = tome__os_memory_file(&map->file);
  if (opened == 0) {
    opened = tome__os_truncate(&map->file, size);
    if (opened < 0)
      tome__os_abandon(&map->file, NULL);
  }
  return open_map(ret, __func__, map, opened, options);
}

int tome_close(tome *map) {
  if (!map)
    return 0;
  tome_range lost = {0, 0};
  int writable = (map->flags & TOME_WRITE) != 0;
  int r = writable ? tome__stores_lost(map, 0, TOME_END, &lost) : 0;
  int system = r < 0 ? tome__os_last_error() : 0;
  r = r == 1 ? TOME_ELOST : r;
  int released = release(map);
  if (released < 0 && r == 0) {
    r = released;
    system = tome__os_last_error();
  }
  int closed = tome__os_close(&map->file);
  if (writable && (closed == TOME_EIO || closed == TOME_ENOSPC))
    tome__flush_failed(map, closed);
  if (closed < 0 && r == 0) {
    r = closed;
    system = tome__os_last_error();
  }
  if (r < 0)
    tome__map_fail(map, __func__, r, system, lost.offset, lost.length);
  dispose(map);
  return r;
}
