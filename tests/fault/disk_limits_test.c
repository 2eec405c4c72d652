/* Limits other than the disk's: of the process (RLIMIT_FSIZE) and of the user (quota). Everything that makes a file longer, and
 * for a quota everything that wants blocks, is done or refused, and no signal comes. */
#include "calls.h"
#include "disk_operations.h"
#include "planted_bug.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_PAGES 6 /* of the files of disk_operations.c, where a unit is a page */

static met counts;

static void tell(const char *refused) {
  must(counts.refused > 0 && counts.done > 0);
  tell_figure(refused, counts.refused);
}

/* ---- of the process ---- */

static void limit_files_to(rlim_t most) {
  struct rlimit limit = {most, RLIM_INFINITY};
  must_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void limit_files(size_t pages) {
  limit_files_to((FILE_PAGES + pages) * PAGE);
}

static void unlimit_files(void) {
  limit_files_to(RLIM_INFINITY);
}

/* The default action of SIGXFSZ is death. */
static void grow_under_limit(void *context) {
  (void)context;
  must(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
  for (size_t pages = 0; pages <= 5; pages++)
    for (size_t way = 0; way < 2; way++)
      run_operations(&(strike){.arrange = limit_files,
                               .ease = unlimit_files,
                               .pages = pages,
                               .unit = PAGE,
                               .window = way * 16 * PAGE,
                               .code = TOME_EFBIG},
                     &counts);
  tell("operations refused by the limit of the process");
}

static void past_the_limit_of_the_process_an_operation_is_fbig_without_a_signal(void **state) {
  (void)state;
  must_equal(mkdir(in_dir("disk"), 0700), 0);
  in_child(grow_under_limit, NULL);
}

static int no_limit(int resource, struct rlimit *limit) {
  (void)resource;
  *limit = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
  return 0;
}

static void see_no_limit(void) {
  tome__os_calls.getrlimit = no_limit;
}

static void a_limit_that_is_not_looked_at_is_noticed(void **state) {
  (void)state;
  must_equal(mkdir(in_dir("disk"), 0700), 0);
  must_find_bug("the limit of the process is not looked at", see_no_limit, grow_under_limit, NULL);
}

/* ---- of the user ---- */

static void remove_filler(void) {
  unlink(in_dir("disk/filler"));
}

static void fill_quota(int copies_on_write) {
  static const size_t free_pages[] = {0, 1, 2, 3, 4, 5, 6, 8, 12, 20, 40};
  must_equal(chmod(in_dir("."), 0755), 0);
  must_equal(chmod(in_dir("disk"), 0777), 0);
  become_nobody();
  for (size_t i = 0; i < sizeof free_pages / sizeof free_pages[0]; i++)
    run_operations(&(strike){.arrange = leave_free,
                             .ease = remove_filler,
                             .pages = free_pages[i],
                             .unit = PAGE,
                             .window = i % 2 * 16 * PAGE,
                             .code = TOME_ENOSPC,
                             .copies_on_write = copies_on_write},
                   &counts);
  tell("operations refused by a quota");
}

static void fill_tmpfs_quota(void) {
  fill_quota(0);
}

static void fill_btrfs_quota(void) {
  fill_quota(1);
}

static void beyond_the_quota_of_a_tmpfs_an_operation_is_nospc(void **state) {
  (void)state;
  on_disk(DISK_TMPFS_QUOTA, fill_tmpfs_quota);
}

static void beyond_the_quota_of_a_btrfs_an_operation_is_nospc(void **state) {
  (void)state;
  if (!how_many(0, 1))
    skip_because("only in a long run: a btrfs at its quota may flush itself at each page fault, "
                 "for minutes");
  on_disk(DISK_BTRFS_QUOTA, fill_btrfs_quota);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(past_the_limit_of_the_process_an_operation_is_fbig_without_a_signal),
      TEST(a_limit_that_is_not_looked_at_is_noticed),
      TEST(beyond_the_quota_of_a_tmpfs_an_operation_is_nospc),
      TEST(beyond_the_quota_of_a_btrfs_an_operation_is_nospc),
  };
  return run_matching(tests, count, arguments);
}
