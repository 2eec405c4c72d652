/* Planted bugs: a test that cannot fail shows nothing, so each kind of fault is also struck on a Tome that was broken on
 * purpose, and the test must notice.
 *
 * What is broken is a setting, or a call in the library's table of system calls that lies. */
#ifndef PLANTED_BUG_H
#define PLANTED_BUG_H

#include "test_support.h"

/** Break something, in this process. */
typedef void plant(void);

/** Run `body` in a child in which the bug was planted. A failed check there, or death, is what must happen; it is told as
 *  "PLANTED name: found", with what gave it away. A child that ends well fails the test; one that is unable skips it. */
void must_find_bug(const char *name, plant *bug, child_function *body, void *context);

/** The same for a bug that shows only where two happen to meet: run up to `runs` times, until it does. */
void must_meet_bug(int runs, const char *name, plant *bug, child_function *body, void *context);

/** Plants of many suites: lost pages are signals; a sync that syncs nothing, for fsync and fdatasync in the table of calls. */
void plant_no_guard(void);
int sync_nothing(int fd);

#endif
