/* See kill_model.h. */
#include "kill_model.h"

#include "calls.h"
#include "planted_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { NOISE = 2 * 1024 * 1024, STEP = 4096 };

const char *const deed_names[DEEDS] = {
    "append",
    "write",
    "view stores",
    "fill",
    "move",
    "overhang",
    "gap",
    "resize up",
    "resize down",
    "flush start",
    "flush written",
    "flush durable",
    "close",
    "open",
    "open with truncate",
    "remove",
    "open with create",
};

/* ---- the picture ---- */

picture *new_picture(void) {
  picture *shown =
      mmap(NULL, sizeof *shown, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(shown != MAP_FAILED);
  return shown;
}

void free_picture(picture *shown) {
  must_equal(munmap(shown, sizeof *shown), 0);
}

int in_flight(picture *shown) {
  return atomic_load(&shown->mark) % 2 == 1;
}

contents *contents_before(picture *shown) {
  return &shown->versions[atomic_load(&shown->mark) / 2 % 2];
}

contents *contents_after(picture *shown) {
  return &shown->versions[(atomic_load(&shown->mark) / 2 + 1) % 2];
}

static void copy_contents(contents *to, const contents *from) {
  to->missing = from->missing;
  to->length = from->length;
  memcpy(to->bytes, from->bytes, from->length);
}

void adopt_contents(picture *shown, const contents *now) {
  atomic_store(&shown->mark, atomic_load(&shown->mark) / 2 * 2);
  copy_contents(contents_before(shown), now);
}

void look_at(const char *path, contents *ret_found) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ret_found->missing = fd < 0;
  ret_found->length = 0;
  if (fd < 0) {
    must_equal(errno, ENOENT);
    return;
  }
  must_equal(fstat(fd, &status), 0);
  must(status.st_size <= PICTURE_MOST);
  ret_found->length = (uint64_t)status.st_size;
  must_equal(pread(fd, ret_found->bytes, PICTURE_MOST, 0), ret_found->length);
  must_equal(close(fd), 0);
}

const unsigned char *some_noise(dice *any, size_t length) {
  static unsigned char *noise; /* made before the first fork, shared by all children */
  static unsigned char bytes[NOISE];
  if (noise == NULL) {
    fill_pattern(bytes, 0, NOISE);
    noise = bytes;
  }
  must(length <= NOISE / 2);
  return noise + roll(any, NOISE - length);
}

/* ---- what exactly is done ---- */

static void choose_range(dice *any, uint64_t size, plan *p) {
  p->length = roll(any, 2) ? 1 + roll(any, STEP) : 1 + roll(any, size);
  p->offset = roll(any, size - p->length + 1);
  p->from = roll(any, size - p->length + 1);
}

static void choose(worker *self, deed what, uint64_t size, plan *p) {
  dice *any = &self->any;
  switch (what) {
  case DEED_APPEND:
    p->offset = p->first_new = size;
    p->length = 1 + roll(any, roll(any, 2) ? 200 : 4 * STEP);
    break;
  case DEED_OVERHANG:
    p->offset = size - roll(any, 3 * STEP);
    p->length = size - p->offset + 1 + roll(any, 3 * STEP);
    p->first_new = size;
    break;
  case DEED_GAP:
    p->offset = p->first_new = size + 1 + roll(any, 4 * STEP);
    p->length = 1 + roll(any, 2 * STEP);
    break;
  case DEED_GROW:
    p->length = size + 1 + roll(any, 8 * STEP);
    break;
  case DEED_SHRINK:
    p->length = roll(any, size);
    break;
  default:
    if (what <= DEED_MOVE)
      choose_range(any, size, p);
  }
}

/* By plain means: what the file will be. */
static void foresee(const plan *p, contents *file) {
  uint64_t end = p->offset + p->length;
  switch (p->what) {
  case DEED_APPEND:
  case DEED_WRITE:
  case DEED_VIEW:
  case DEED_OVERHANG:
  case DEED_GAP:
    if (p->offset > file->length)
      memset(file->bytes + file->length, 0, p->offset - file->length);
    memcpy(file->bytes + p->offset, p->data, p->length);
    file->length = end > file->length ? end : file->length;
    break;
  case DEED_FILL:
    memset(file->bytes + p->offset, *p->data, p->length);
    break;
  case DEED_MOVE:
    memmove(file->bytes + p->offset, file->bytes + p->from, p->length);
    break;
  case DEED_GROW:
    memset(file->bytes + file->length, 0, p->length - file->length);
    file->length = p->length;
    break;
  case DEED_SHRINK:
    file->length = p->length;
    break;
  case DEED_TRUNCATE:
  case DEED_REMOVE:
  case DEED_CREATE:
    file->length = 0;
    file->missing = p->what == DEED_REMOVE;
    break;
  default:
    break;
  }
}

/* ---- what stands in the way ---- */

static int grows(deed what) {
  return what == DEED_APPEND || (what >= DEED_OVERHANG && what <= DEED_GROW);
}

static int wants_bytes(deed what) {
  return (what >= DEED_WRITE && what <= DEED_OVERHANG) || what == DEED_SHRINK;
}

deed next_deed(worker *self, deed aim) {
  const contents *file = contents_before(self->picture);
  int wants_closed =
      aim == DEED_OPEN || aim == DEED_TRUNCATE || aim == DEED_CREATE || aim == DEED_REMOVE;
  if (file->missing)
    return DEED_CREATE;
  if (wants_closed && self->map != NULL)
    return DEED_CLOSE;
  if (wants_closed)
    return aim == DEED_CREATE ? DEED_REMOVE : aim;
  if (self->map == NULL)
    return DEED_OPEN;
  if (grows(aim) && file->length > PICTURE_MOST - 8 * STEP)
    return DEED_SHRINK;
  if (wants_bytes(aim) && file->length < 12 * STEP)
    return DEED_GROW;
  return aim;
}

/* ---- doing it ---- */

void plan_deed(worker *self, deed what) {
  picture *shown = self->picture;
  plan p = {.what = what, .first_new = UINT64_MAX};
  choose(self, what, contents_before(shown)->length, &p);
  p.data = some_noise(&self->any, p.length + 1);
  contents *next = contents_after(shown);
  copy_contents(next, contents_before(shown));
  foresee(&p, next);
  shown->now = p;
}

void begin_deed(worker *self) {
  atomic_fetch_add(&self->picture->mark, 1);
}

void end_deed(worker *self) {
  atomic_fetch_add(&self->picture->mark, 1);
}

static int store_through_view(worker *self, const plan *p) {
  tome_view view;
  int r = tome_view_begin(self->map, p->offset, p->length, TOME_VIEW_WRITE, &view);
  if (r < 0)
    return r;
  memcpy(view.data, p->data, p->length);
  return tome_view_end(&view);
}

static int open_it(worker *self, uint32_t more) {
  tome_options options = test_options(self->flags);
  return tome_open(&self->map, self->path, self->flags | more, &options);
}

static int close_it(worker *self) {
  tome *map = self->map;
  self->map = NULL;
  return tome_close(map);
}

int perform(worker *self) {
  const plan *p = &self->picture->now;
  switch (p->what) {
  case DEED_APPEND:
    return tome_append(self->map, p->data, p->length, NULL);
  case DEED_WRITE:
  case DEED_OVERHANG:
  case DEED_GAP:
    return tome_write(self->map, p->offset, p->data, p->length);
  case DEED_VIEW:
    return store_through_view(self, p);
  case DEED_FILL:
    return tome_fill(self->map, p->offset, p->length, *p->data);
  case DEED_MOVE:
    return tome_move(self->map, p->offset, p->from, p->length);
  case DEED_GROW:
  case DEED_SHRINK:
    return tome_resize(self->map, p->length);
  case DEED_START:
  case DEED_WRITTEN:
  case DEED_DURABLE:
    return tome_flush(self->map, 0, TOME_END, (int)(p->what - DEED_START) + TOME_FLUSH_START);
  case DEED_CLOSE:
    return close_it(self);
  case DEED_OPEN:
    return open_it(self, 0);
  case DEED_TRUNCATE:
    return open_it(self, TOME_TRUNCATE);
  case DEED_REMOVE:
    return unlink(self->path);
  default:
    return open_it(self, TOME_CREATE);
  }
}

void finish_deed(worker *self) {
  begin_deed(self);
  uint64_t began = nanoseconds_now();
  must_succeed(perform(self));
  uint64_t took = nanoseconds_now() - began;
  end_deed(self);
  uint64_t *typical = &self->picture->typical[self->picture->now.what];
  *typical = *typical ? (3 * *typical + took) / 4 : took;
  if (self->map != NULL)
    must_equal(tome_size(self->map), contents_before(self->picture)->length);
}

static void do_one(worker *self, deed what) {
  plan_deed(self, what);
  finish_deed(self);
}

void make_possible(worker *self, deed what) {
  for (deed next; (next = next_deed(self, what)) != what;)
    do_one(self, next);
}

void do_deed(worker *self, deed what) {
  make_possible(self, what);
  do_one(self, what);
}

/* ---- the end ---- */

/* The kernel's own timer sends the signal, so that it strikes in the midst of a call even where there is one processor. */
void die_in(uint64_t nanoseconds) {
  struct sigevent strike = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
  struct itimerspec when = {
      .it_value = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000) + 1}};
  timer_t timer;
  must_equal(timer_create(CLOCK_MONOTONIC, &strike, &timer), 0);
  must_equal(timer_settime(timer, 0, &when, NULL), 0);
}

uint64_t nanoseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void die_with_parent(void) {
  must_equal(prctl(PR_SET_PDEATHSIG, SIGKILL), 0);
}

/* ---- planted bugs ---- */

static ssize_t append_in_two_steps(int fd, const struct iovec *v, int count, off_t at, int flags) {
  struct stat status;
  (void)at, (void)flags;
  if (fstat(fd, &status) < 0 || ftruncate(fd, status.st_size + (off_t)v->iov_len) < 0)
    return -1;
  lseek(fd, status.st_size, SEEK_SET);
  return writev(fd, v, count);
}

/* The descriptor appends, and that is all it can. */
static ssize_t write_in_two_steps(int fd, const void *bytes, size_t length) {
  size_t half = length / 2;
  ssize_t first = write(fd, bytes, half);
  return first < 0 ? -1 : first + write(fd, (const char *)bytes + half, length - half);
}

void split_appends(void) {
  if (!plant_call("pwritev2", (any_call *)append_in_two_steps))
    must(plant_call("write", (any_call *)write_in_two_steps));
}
