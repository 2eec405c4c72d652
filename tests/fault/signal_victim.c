#include "signal_victim.h"

#include <stdio.h>
#include <unistd.h>

void load_byte(const void *address) {
  (void)*(const volatile char *)address;
}

victim open_victim(const char *name) {
  victim v;
  char path[512];
  snprintf(path, sizeof path, "%s", make_pattern_file(name, 2 * PAGE));
  v.map = open_map(path, TOME_READ);
  v.view = begin_view(v.map, 0, 2 * PAGE, TOME_VIEW_READ);
  must_equal(truncate(path, (off_t)PAGE), 0);
  return v;
}

void meet(const victim *v) {
  load_byte((char *)v->view.data + PAGE + 5);
}

void close_victim(victim *v) {
  must_fail_at(tome_view_end(&v->view), TOME_ELOST, PAGE, PAGE);
  must_succeed(tome_close(v->map));
}
