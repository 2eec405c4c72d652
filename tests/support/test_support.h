/* What every test in C needs: a directory of its own, files with known bytes, checks that say what was wrong,
 * and children that stand for other processes.
 *
 * A check that fails in the main thread fails the test. In a forked child or another thread, where cmocka
 * cannot be called, it prints the same message and ends the process.
 *
 * TOME_TEST_WINDOW in the environment forces the maps of the tests through windows of so many bytes, a page at least;
 * TOME_TEST_KERNELS the searches through the kernels of that name. */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/types.h>

#include <tome/tome.h>

#include "test_system.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* By which rules format strings are checked: where there are several kinds of printf, the build says. */
#ifndef TEST_FORMAT
#define TEST_FORMAT printf
#endif

/* ---- the frame of a test ---- */

/** A test with its own directory. Its end checks that no descriptor, mapping, address space or signal handler
 *  is left behind. */
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin_test, end_test)
/** Run a list of them, or those that match the pattern given as argument: lost_test 'check*'. */
#define run_matching(tests, count, arguments)                                                      \
  (cmocka_set_test_filter((count) > 1 ? (arguments)[1] : NULL),                                    \
   cmocka_run_group_tests(tests, NULL, NULL))
int begin_test(void **state);
int end_test(void **state);

/** The path of a name in the test's directory; valid until sixteen more were asked for. */
const char *in_dir(const char *name);

size_t page_size(void);
#define PAGE page_size()

/** Bytes that are lost together: where the system patches more than a page at once, more than a page. */
size_t lost_unit(void);
#define UNIT lost_unit()
/** Where what is lost begins at the earliest when a file is cut there. */
uint64_t lost_from(uint64_t cut);

/** The forced window size, or 0. */
size_t forced_window(void);

/** `few` in an ordinary run, `many` in a long one (TOME_TEST_LONG in the environment). */
uint64_t how_many(uint64_t few, uint64_t many);

/** Tell a figure of this run, such as how many faults were struck; ./dev test prints it. Figures of one name are added up. */
void tell_figure(const char *name, uint64_t value);

/** Skip the test, out loud. */
#define skip_because(reason)                                                                       \
  do {                                                                                             \
    print_message("SKIPPED %s: %s\n", __func__, reason);                                           \
    skip();                                                                                        \
  } while (0)

#define skip_unless(condition, reason)                                                             \
  do {                                                                                             \
    if (!(condition))                                                                              \
      skip_because(reason);                                                                        \
  } while (0)

/** The same in the middle of a test, whose maps stay open. */
void give_up(const char *reason);

/* ---- checks ---- */

/** A sentence that the next failed check prints too, such as the number of a random case. */
void note(const char *format, ...) __attribute__((format(TEST_FORMAT, 1, 2)));

_Noreturn void fail_at(const char *file, int line, const char *format, ...)
    __attribute__((format(TEST_FORMAT, 3, 4)));

#define must(condition)                                                                            \
  ((condition) ? (void)0 : fail_at(__FILE__, __LINE__, "does not hold: %s", #condition))
#define must_equal(got, want)                                                                      \
  check_equal(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(want))

/** The call returns exactly `result` (0 or more), or fails with exactly `code`, and its error record agrees. */
#define must_return(call, result) check_result(__FILE__, __LINE__, #call, (call), (result))
#define must_succeed(call) must_return(call, 0)
#define must_fail(call, code) check_failure(__FILE__, __LINE__, #call, (call), (code))

/** As must_fail(), and the record names these bytes. */
#define must_fail_at(call, code, first, count)                                                     \
  do {                                                                                             \
    must_fail(call, code);                                                                         \
    must_equal(tome_error_last()->offset, first);                                                  \
    must_equal(tome_error_last()->length, count);                                                  \
  } while (0)

/** As must_fail(), and the record names the bytes from where a file was cut, up to `end`; see lost_from(). */
#define must_fail_from(call, cut, end)                                                             \
  do {                                                                                             \
    must_fail(call, TOME_ELOST);                                                                   \
    check_loss(__FILE__, __LINE__, (cut), (end));                                                  \
  } while (0)

#define must_be_bytes(got, want, length)                                                           \
  check_bytes(__FILE__, __LINE__, #got, (got), (want), (length))
#define must_be_pattern(got, offset, length)                                                       \
  check_pattern(__FILE__, __LINE__, #got, (got), (offset), (length))
#define must_be_zero(got, length) check_zero(__FILE__, __LINE__, #got, (got), (length))

/** The file holds exactly these bytes, by plain read(2). */
#define must_be_file(path, want, length) check_file(__FILE__, __LINE__, (path), (want), (length))
#define must_be_pattern_file(path, length) check_pattern_file(__FILE__, __LINE__, (path), (length))

/** The file holds zeros there, by reading: a load from a hole of tmpfs wants a page, which a full disk has not. */
#define must_be_hole(path, offset, length)                                                         \
  check_hole(__FILE__, __LINE__, (path), (offset), (length))

/** Two reads in a row give the pattern: a first touch of a page takes another way than later ones. */
#define must_read_pattern(map, offset, length)                                                     \
  check_read(__FILE__, __LINE__, (map), (offset), (length))

void check_equal(const char *file, int line, const char *text, uint64_t got, uint64_t want);
void check_result(const char *file, int line, const char *call, int got, int want);
void check_failure(const char *file, int line, const char *call, int got, int want);
void check_loss(const char *file, int line, uint64_t cut, uint64_t end);
void check_bytes(const char *file, int line, const char *text, const void *got, const void *want,
                 size_t length);
void check_pattern(const char *file, int line, const char *text, const void *got, uint64_t offset,
                   size_t length);
void check_zero(const char *file, int line, const char *text, const void *got, size_t length);
void check_file(const char *file, int line, const char *path, const void *want, size_t length);
void check_pattern_file(const char *file, int line, const char *path, size_t length);
void check_hole(const char *file, int line, const char *path, uint64_t offset, size_t length);
void check_read(const char *file, int line, tome *map, uint64_t offset, size_t length);

/* ---- bytes and files ---- */

/** Byte `offset` of the pattern: without a period, and never zero. */
unsigned char pattern_byte(uint64_t offset);
void fill_pattern(void *buffer, uint64_t offset, size_t length);
/** `length` bytes of the pattern from `offset`; free() them. */
void *new_pattern(uint64_t offset, size_t length);

/** Make a file in the test's directory; returns its path as in_dir() does. */
const char *make_file(const char *name, const void *bytes, size_t length);
const char *make_pattern_file(const char *name, size_t length);
const char *make_hole(const char *name, uint64_t length);

/** All bytes of a file; free() them. */
void *read_file(const char *path, size_t *ret_length);

/** A small deterministic random generator. */
typedef struct dice {
  uint64_t state;
} dice;
dice dice_from(uint64_t seed);
/** A number in [0, sides). */
uint64_t roll(dice *any, uint64_t sides);
/** An offset or length in [0, limit], mostly near borders of pages. */
uint64_t roll_near_page(dice *any, uint64_t limit);

/* ---- maps ---- */

/** The options of the tests: the default ones and, where the flags allow it, the forced window. */
tome_options test_options(uint32_t flags);
tome *open_map(const char *path, uint32_t flags);
tome *open_part(const char *path, uint32_t flags, uint64_t offset, uint64_t length);
tome *open_anonymous(uint64_t size);
/** What tome_open() returns with the test's options; closes the map if there is one. */
int try_open(const char *path, uint32_t flags);
int try_part(const char *path, uint32_t flags, uint64_t offset, uint64_t length);
/** The same by descriptor. */
tome *open_by_fd(int fd, uint32_t flags);
int try_fd(int fd, uint32_t flags);

tome_view begin_view(tome *map, uint64_t offset, size_t length, uint32_t intent);

/* ---- disks of the tests' own ---- */

typedef enum disk {
  DISK_SMALL,       /* a tmpfs of 256 pages */
  DISK_EXT2,        /* a file system of 8 MiB that has no fallocate(2) */
  DISK_EXT4,        /* 32 MiB, on a loop device, as the next ones */
  DISK_XFS,         /* 320 MiB */
  DISK_BTRFS,       /* 160 MiB */
  DISK_HUGE,        /* hugetlbfs */
  DISK_TMPFS_QUOTA, /* each ordinary user may have 1 MiB */
  DISK_BTRFS_QUOTA  /* all of it may have 16 MiB */
} disk;
typedef void disk_test(void);

/** Run the body in a child that has such a disk mounted as "disk" in the test's directory; skips if there can be none. */
void on_disk(disk kind, disk_test *body);
/** Leave so many free pages on the disk, or of the quota: exactly so on a tmpfs, about so elsewhere. */
void leave_free(size_t pages);
/** Unmount the disk and mount it again, so that what is read then was really on it; 0 if this one lives in memory. */
int remount_disk(void);
/** For a child: a mount namespace of its own, as root in it; exits as unable where there can be none. */
void enter_namespace(void);

/* ---- other processes ---- */

typedef void child_function(void *context);

/** A child that calls exit_unable() makes in_child() skip the test. */
_Noreturn void exit_unable(const char *reason);

/** For a child: from root to a user without rights; other users stay what they are. */
void become_nobody(void);

pid_t start_child(child_function *function, void *context);
/** Whether a process or thread waits for something, or is over. */
int is_at_rest(pid_t id);
/** Wait for a child, which must have ended without a failed check. */
void finish_child(pid_t child);
void in_child(child_function *function, void *context);
/** As in_child(), but returns the status of waitpid(2) and expects nothing. */
int child_status(child_function *function, void *context);
#define must_die_of(number, function, context)                                                     \
  check_death(__FILE__, __LINE__, (number), (function), (context))
void check_death(const char *file, int line, int number, child_function *function, void *context);

/** Another process cuts or grows the file, or appends to it, by plain system calls. */
void truncate_elsewhere(const char *path, uint64_t length);
void append_elsewhere(const char *path, const void *bytes, size_t length);
void write_elsewhere(const char *path, uint64_t offset, const void *bytes, size_t length);

/** Whether this process is a child made by start_child(). */
int is_child(void);

#endif
