/* Judging calls in a storm of cuts; see cut_judge.h. */
#include "cut_judge.h"

asked ask(const observer *self, const char *what, uint64_t offset, uint64_t length) {
  return (asked){what, offset, length, phase_now(self->sky), 0, 0};
}

static int is_anybodys(uint64_t offset) {
  return offset / PAGE % 2 == 1;
}

/* Whether the range has bytes of others behind the cut, where that is silent: what they store there can be read back, and
 * hides that the bytes around it are missing. */
static int may_be_hidden(const observer *self, const asked *call) {
  uint64_t cut = cut_in(self->sky, call->before), end = call->offset + call->length;
  for (uint64_t at = call->offset > cut ? call->offset : cut; at < end; at += PAGE - at % PAGE)
    if (is_anybodys(at) && is_silent(self->sky, cut, at))
      return 1;
  return 0;
}

tome_range missing_of(const observer *self, const asked *call) {
  uint64_t cut = cut_in(self->sky, call->before), end = call->offset + call->length;
  uint64_t from = cut > call->offset ? cut : call->offset;
  return (tome_range){from, end > from ? end - from : 0};
}

static void judge_lost(const observer *self, const asked *call, tome_range lost) {
  uint64_t end = call->offset + call->length, lost_end = lost.offset + lost.length;
  atomic_fetch_add(&self->sky->lost, 1);
  if (lost.length == 0 || lost.offset < call->offset || lost_end > end || lost_end < lost.offset)
    wrong(self, call, "lost [%llu, %llu) lies outside", (unsigned long long)lost.offset,
          (unsigned long long)lost_end);
  if (whole_all_along(call->before, call->after)) {
    if (self->alone)
      wrong(self, call, "told of a loss at %llu while all was whole",
            (unsigned long long)lost.offset);
    atomic_fetch_add(&self->sky->late, 1);
  }
  if (!cut_all_along(call->before, call->after) || call->in_part || may_be_hidden(self, call))
    return;
  tome_range missing = missing_of(self, call);
  int covers = lost.offset <= missing.offset && lost_end >= missing.offset + missing.length;
  if (missing.length && !covers)
    wrong(self, call, "lost [%llu, %llu) leaves out some", (unsigned long long)lost.offset,
          (unsigned long long)lost_end);
  if (self->alone && (missing.offset != lost.offset || missing.length != lost.length))
    wrong(self, call, "lost [%llu, %llu) is too much", (unsigned long long)lost.offset,
          (unsigned long long)lost_end);
}

tome_range lost_range(void) {
  const tome_error *error = tome_error_last();
  return (tome_range){error->offset, error->length};
}

int judge(const observer *self, asked *call, int result) {
  call->after = phase_now(self->sky);
  atomic_fetch_add(&self->sky->calls, 1);
  if (result == TOME_ELOST)
    judge_lost(self, call, lost_range());
  else if (result == TOME_ERANGE && !whole_all_along(call->before, call->after))
    atomic_fetch_add(&self->sky->outside, 1); /* someone adopted the cut */
  else if (result < 0)
    wrong(self, call, "%s %s, system %d", tome_error_last()->operation, tome_error_name(result),
          tome_error_last()->system);
  return result >= 0;
}

void judge_found(const observer *self, const asked *call) {
  if (cut_all_along(call->before, call->after) && missing_of(self, call).length &&
      !may_be_hidden(self, call))
    wrong(self, call, "%s", "nothing was told of the missing bytes");
}

void judge_bytes(const observer *self, const asked *call, const unsigned char *got,
                 tome_range lost) {
  int cut = cut_all_along(call->before, call->after);
  for (uint64_t i = 0; i < call->length; i++) {
    uint64_t at = call->offset + i;
    if (is_anybodys(at) || got[i] == pattern_byte(at))
      continue;
    if (got[i] == 0 && (at - lost.offset < lost.length ||
                        (!cut && may_be_zero(self->sky, call->before, call->after, at))))
      continue;
    wrong(self, call, "byte %llu is 0x%02x, not 0x%02x; lost [%llu, +%llu)", (unsigned long long)at,
          got[i], pattern_byte(at), (unsigned long long)lost.offset,
          (unsigned long long)lost.length);
  }
}
