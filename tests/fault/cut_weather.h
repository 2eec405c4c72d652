/* What the tests of cut files share: another process that cuts and grows a file again and again, telling in which phase it
 * is, so that it can be said of each call made meanwhile what it may have met; counts that prove what struck; and a look at
 * what is really mapped.
 *
 * The file is grown back by one pwrite(2) of the right bytes, from the cut to the end. So its size never exposes a byte that
 * is not the right one, with one exception that no reader can tell from good bytes: the rest of the page that a cut went
 * through is zeros until it is written again, and raises no signal. On file systems that keep many pages in one large folio
 * (ext4, xfs) it is the rest of that folio, if the kernel cannot split it at the moment of the cut.
 *
 * Phases: 4n: whole, for the n-th time; 4n + 1: being cut; 4n + 2: cut, and still so; 4n + 3: growing. */
#ifndef CUT_WEATHER_H
#define CUT_WEATHER_H

#include "test_support.h"

#include <stdatomic.h>

enum { CUTS_KEPT = 1024 };

/* Shared by all processes of a test. */
typedef struct weather {
  _Atomic uint64_t phase;
  _Atomic uint64_t cut_at[CUTS_KEPT];
  int wide;                 /* more than the page of a cut may be silent */
  _Atomic int over;         /* the workers end */
  _Atomic int calm;         /* the cutter has: the file stays as it is */
  _Atomic uint64_t calls;   /* of all workers */
  _Atomic uint64_t lost;    /* of these, ended in TOME_ELOST */
  _Atomic uint64_t outside; /* in TOME_ERANGE: a cut was adopted before */
  _Atomic uint64_t
      late; /* TOME_ELOST although the file was whole all along: a patch still lay there */
  _Atomic uint64_t certain; /* stores of which it is certain that they must be in the file */
  _Atomic uint64_t silent;  /* stores behind a cut of which tome_check() told */
  _Atomic uint64_t patches; /* zeroed memory laid over lost pages, one or more a signal */
  _Atomic uint64_t heals;   /* the file put back over patches */
} weather;

weather *begin_weather(int wide);
/** Tells the figures. */
void end_weather(weather *sky);
/** From now on this process counts its patches and heals there. */
void count_patches(weather *sky);
void stop_counting(void);

/** For a child: a lost page that is not dealt with kills it, and does not end in cmocka's handler, which would go on with the
 *  tests in the child. */
void die_of_faults(void);

/** Bugs to plant: patches that stay although taking them away succeeded; a size that never becomes smaller. */
void plant_no_healing(void);
void plant_old_size(void);

/** A map with windows of so many bytes, or with the base mapping. */
tome *open_windowed(const char *path, uint32_t flags, size_t window);

static inline uint64_t phase_now(weather *sky) {
  return atomic_load(&sky->phase);
}

static inline int whole_all_along(uint64_t before, uint64_t after) {
  return before == after && before % 4 == 0;
}

static inline int cut_all_along(uint64_t before, uint64_t after) {
  return before == after && before % 4 == 2;
}

/** Whether no cut was under way at `before`, nor began until `after`. */
static inline int no_cut_between(uint64_t before, uint64_t after) {
  return before % 4 != 1 && after <= (before + 3) / 4 * 4;
}

/** The cut of a phase, which must not be a whole one. */
static inline uint64_t cut_in(weather *sky, uint64_t phase) {
  return atomic_load(&sky->cut_at[phase / 4 % CUTS_KEPT]);
}

/** Whether the byte lies where a cut raises no signal. */
int is_silent(const weather *sky, uint64_t cut, uint64_t offset);
/** Whether it may have been a zero there, at some time between. */
int may_be_zero(weather *sky, uint64_t before, uint64_t after, uint64_t offset);

/** The other process. */
typedef struct cutter {
  weather *sky;
  const char *path;
  size_t size;
  uint64_t cuts;
  int grows; /* it writes the pattern back; otherwise the others make the file longer */
} cutter;

/** For start_child(): cut as often as was asked for, then say that it is over. Waits for the others' calls in each phase. */
void cut_and_grow(void *context);
/** For a worker that has heard that it is over. */
void await_calm(weather *sky);

/** A place to cut at, in [0, size). */
uint64_t roll_cut(dice *any, size_t size);

/** Wait for a worker that goes on until it is over; then it is over. Its status, as of waitpid(2). */
int wait_for_worker(weather *sky, pid_t worker);
/** As finish_child(), of a status. */
void must_end_well(int status);

/** Write the pattern back, from wherever the file ends, as another process. */
void grow_back(const char *path, size_t size);

/** How many stretches of private memory lie in [address, address + length), by /proc/self/maps. */
unsigned count_anonymous(const void *address, size_t length);
/** How many mappings, of whatever. */
unsigned count_all_mappings(void);

#endif
