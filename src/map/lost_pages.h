/* The guard as the files of this folder use it; the public side is tome/guard.h.
 *
 * An access is a sandwich: tome__guard_before(), the loads or stores, tome__guard_intact(). That is two loads of one word
 * that hardly ever changes; only when it has is there anything to settle. */
#ifndef TOME_LOST_PAGES_H
#define TOME_LOST_PAGES_H

#include "map_state.h"
#include "range.h"

#include <string.h>

/** One more map: install the handler, or see that it is in place, if the map is to be guarded. */
int tome__guard_attach(tome *map);
/** The map is gone; with the last guarded one the handler is too. Does nothing for a map that is not guarded. */
void tome__guard_detach(tome *map);

/** A window there is from now on, and guarded if its map is. */
void tome__guard_watch(window *w);
/** It holds more of the file, `length` bytes in all. */
void tome__guard_lengthen(window *w, size_t length);
/** No longer. Pre: nobody uses the window. */
void tome__guard_unwatch(window *w);

/** Memory that a window takes up, as far as its map reached. */
typedef struct mapped_stretch {
  const void *address;
  size_t length;
} mapped_stretch;

static inline mapped_stretch tome__mapped_stretch(const window *w) {
  uint64_t page = tome__os_system()->page;
  uint64_t end = w->map->origin + atomic_load(&w->map->promised);
  uint64_t used = end > w->start ? (end - w->start + page - 1) / page * page : 0;
  return (mapped_stretch){w->address, used < w->length ? (size_t)used : w->length};
}

/** What all maps have mapped at this moment: up to `room` of it in *ret, and how much there is in all. */
size_t tome__guard_windows(mapped_stretch *ret, size_t room);

static inline uint64_t tome__guard_before(const tome *map) {
  uint64_t before = atomic_load_explicit(&map->losses, memory_order_acquire);
  atomic_signal_fence(memory_order_seq_cst);
  return before;
}

/* A fault between the two changes the word before the interrupted access goes on. The compiler is kept from moving the
 * access past this load; other processors are kept from it by the handler, which makes every thread pass a barrier
 * between the change of the word and the patch. */
static inline int tome__guard_intact(const tome *map, uint64_t before) {
  OS_FENCE();
  uint64_t after = atomic_load_explicit(&map->losses, memory_order_acquire);
  return LIKELY(after == before && !(after & 1)) ? 1 : 0;
}

#define MOST_COPIED_SHORT ((size_t)16)
/** memmove() of at most so many bytes, and at least one, that makes no call. */
static inline void tome__copy_short(void *to, const void *from, size_t length) {
  const char *last = (const char *)from + length;
  char *end = (char *)to + length;
  uint64_t eight[2];
  uint32_t four[2];
  uint16_t two[2];
  if (length == 1) {
    *(unsigned char *)to = *(const unsigned char *)from;
  } else if (length >= 8) {
    memcpy(&eight[0], from, 8);
    memcpy(&eight[1], last - 8, 8);
    memcpy(to, &eight[0], 8);
    memcpy(end - 8, &eight[1], 8);
  } else if (length >= 4) {
    memcpy(&four[0], from, 4);
    memcpy(&four[1], last - 4, 4);
    memcpy(to, &four[0], 4);
    memcpy(end - 4, &four[1], 4);
  } else {
    memcpy(&two[0], from, 2);
    memcpy(&two[1], last - 2, 2);
    memcpy(to, &two[0], 2);
    memcpy(end - 2, &two[1], 2);
  }
}

/** memmove(); a short one makes no call. */
static inline void tome__copy(void *to, const void *from, size_t length) {
  if (length - 1 < MOST_COPIED_SHORT)
    tome__copy_short(to, from, length);
  else
    memmove(to, from, length);
}

/** Eight bytes, anywhere. */
typedef uint64_t tome__eight_bytes __attribute__((aligned(1), may_alias));

/** Whether a byte is zero, and so are the next seven if these are in its page: most zeros are followed by something else, and then
 *  that is all there is to know. The next seven are not the caller's: another thread may be storing there, as it may. */
__attribute__((no_sanitize("thread"))) static inline int tome__are_zeros(const unsigned char *at) {
  const uintptr_t page = 4096; /* or a multiple of it */
  if (LIKELY(*(const volatile unsigned char *)at != 0))
    return 0;
  return (uintptr_t)at % page > page - 8 || *(const volatile tome__eight_bytes *)at == 0;
}

/** Whether nothing but zeros follows `end` in its page. */
int tome__zeros_to_page_end(const unsigned char *end);

/** Whether the bytes before `end` may lie behind the end of a file that was cut inside their page. That raises no signal: the
 *  rest of the page, and of the large folio it may be in, reads as zeros. Any other byte from the last one on to the end
 *  of the page proves that the file still
 *  reached past it; where all are zeros only its size can tell. Pre: asked before tome__guard_intact(). */
static inline int tome__tail_is_suspect(const tome *map, const unsigned char *end) {
  return atomic_load_explicit(&map->can_be_cut, memory_order_relaxed) && tome__are_zeros(end - 1) &&
         tome__zeros_to_page_end(end);
}

/** Settle an access to [from, from + length) begun at `before`: if it met lost bytes, 1 and which in *ret_lost. */
int tome__guard_settle(tome *map, uint64_t before, uint64_t from, uint64_t length,
                       tome_range *ret_lost);
/** The smallest range around the losses in `all` that an access begun at `before` may have met, of those noted after
 *  generation `since`. */
tome_range tome__guard_met(tome *map, uint64_t before, uint64_t since, tome_range all);
/** Whether the file now ends inside [from, from + length): 1 and the missing bytes in *ret_lost. Asks the file; if
 *  it cannot be asked, all bytes are as good as missing. */
int tome__guard_is_cut(tome *map, uint64_t from, uint64_t length, tome_range *ret_lost);
/** An access that was to go on to `end` stopped at `lost`: extend that to all that was cut, and heal. */
void tome__guard_stopped(tome *map, uint64_t end, tome_range *lost);
/** Put the file back under all patches, as far as the system lets us. Takes map->lock. */
void tome__guard_heal(tome *map);
/** The same. Pre: map->lock held. */
void tome__guard_heal_locked(tome *map);

#endif
