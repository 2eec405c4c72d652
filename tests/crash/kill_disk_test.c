/* A file system stopped in mid-flight: all that was flushed to DURABLE is there afterwards, by its bytes, its length and its
 * name.
 *
 * A child works on an ext4 or xfs of the test's own. At a random moment an ioctl shuts the file system down as a power cut
 * does: what it has not handed to the disk is gone. What was acknowledged before that moment must be there; from then on the
 * child must get errors. (A flush during the ioctl itself proves nothing: Linux 6.18 lets an fdatasync() succeed that it overtakes.)
 * After an unmount and a mount the file is compared with the picture of it (kill_model.h). */
#include "kill_model.h"
#include "planted_bug.h"

#include "calls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#define SHUT_DOWN _IOR('X', 125, uint32_t)
enum { WITHOUT_LOG = 2, NEW_MOST = 20000 };

/* What the child tells. */
typedef struct shared {
  _Atomic uint64_t created; /* so many new files are durable, ever */
  _Atomic int falling;      /* from just before the shutdown on */
  _Atomic int down;         /* from just after it on */
  uint64_t errors;
} shared;

typedef struct trial {
  char device[128], type[16], mounted[300], file[300];
  int held; /* keeps the loop device while nothing is mounted */
  int file_held;
  worker self;
  shared *told;
  uint64_t removed; /* new files before this one are done with */
  uint64_t inside;  /* shutdowns that struck while an operation was in flight */
} trial;

/* ---- the child ---- */

static const unsigned char *new_file_bytes(uint64_t number, uint64_t *ret_length) {
  dice own = dice_from(number + 1);
  *ret_length = 1 + roll(&own, NEW_MOST - 1);
  return some_noise(&own, *ret_length);
}

static void new_file_path(const trial *it, uint64_t number, char *ret_path) {
  snprintf(ret_path, 400, "%s/new-%llu", it->mounted, (unsigned long long)number);
}

/* Returns what the first failing call did. */
static int create_new_file(trial *it) {
  char path[400];
  tome *map = NULL;
  uint64_t length, number = atomic_load(&it->told->created);
  const unsigned char *bytes = new_file_bytes(number, &length);
  new_file_path(it, number, path);
  int r = tome_open(&map, path, TOME_WRITE | TOME_CREATE | TOME_EXCL, NULL);
  if (r == 0)
    r = tome_append(map, bytes, length, NULL);
  if (r == 0)
    r = tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE);
  if (r == 0 && !atomic_load(&it->told->falling))
    atomic_fetch_add(&it->told->created, 1);
  int closed = tome_close(map);
  return r < 0 ? r : closed;
}

static int do_durably(trial *it, deed what) {
  worker *self = &it->self;
  plan_deed(self, what);
  begin_deed(self);
  int r = perform(self);
  if (r == 0 && self->map != NULL)
    r = tome_flush(self->map, 0, TOME_END, TOME_FLUSH_DURABLE);
  if (r == 0 && !atomic_load(&it->told->falling))
    end_deed(self);
  return r;
}

static deed any_deed(dice *any) {
  deed what;
  do
    what = (deed)roll(any, DEEDS);
  while (what == DEED_REMOVE || what == DEED_CREATE);
  return what;
}

static int do_next(trial *it, deed aim) {
  if (roll(&it->self.any, 6) == 0)
    return create_new_file(it);
  for (;;) {
    deed next = next_deed(&it->self, aim);
    int r = do_durably(it, next);
    if (r < 0 || next == aim || atomic_load(&it->told->falling))
      return r;
  }
}

static void must_be_known(trial *it, int r) {
  note("error %d %s of %s", r, tome_error_name(r), tome_error_last()->operation);
  must(r >= 0 || r == TOME_EIO || r == TOME_ELOST || r == TOME_EREADONLY || r == TOME_ESYSTEM);
  it->told->errors += r < 0;
}

/* Also for what is on its way to the disk: it must not be changed there any more. */
static void wait_until_down(const trial *it) {
  while (!atomic_load(&it->told->down))
    usleep(100);
  sync_file_range(it->file_held, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE);
}

/* Whatever else succeeds in memory: no flush may. What was opened before, and what can be opened now. */
static void go_on_in_vain(trial *it, tome *map) {
  unsigned char byte = 1;
  if (map == NULL)
    return;
  for (int i = 0; i < 3; i++) {
    must_be_known(it, tome_append(map, &byte, 1, NULL));
    if (tome_size(map) > 0)
      must_be_known(it, tome_write(map, 0, &byte, 1));
    must_be_known(it, tome_resize(map, tome_size(map) + 10));
    must_be_known(it, tome_fill(map, 0, TOME_END, 0));
    must_be_known(it, tome_flush(map, 0, TOME_END, TOME_FLUSH_START));
    int r = tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE);
    must(r < 0);
    must_be_known(it, r);
  }
  must_be_known(it, tome_close(map));
}

static void work_until_shutdown(void *context) {
  trial *it = context;
  it->file_held = open(it->file, O_RDONLY | O_CLOEXEC);
  tome *other = NULL;
  int r;
  die_with_parent();
  do
    r = do_next(it, any_deed(&it->self.any));
  while (r == 0 && !atomic_load(&it->told->falling));
  must_be_known(it, r);
  must(atomic_load(&it->told->falling));
  wait_until_down(it);
  must_be_known(it, tome_open(&other, it->file, TOME_WRITE, NULL));
  go_on_in_vain(it, other);
  go_on_in_vain(it, it->self.map);
}

/* ---- the shutdown ---- */

static void wait_for_work(const trial *it, uint64_t marks, dice *any) {
  picture *shown = it->self.picture;
  uint64_t from = atomic_load(&shown->mark);
  while (atomic_load(&shown->mark) < from + marks && it->told->errors == 0)
    usleep(50);
  usleep((useconds_t)roll(any, 3000));
}

static void shut_down(trial *it, dice *any) {
  uint32_t how = WITHOUT_LOG;
  int fd = open(it->mounted, O_RDONLY | O_CLOEXEC);
  must(fd >= 0);
  it->self.any = dice_from(roll(any, UINT32_MAX));
  it->told->errors = 0;
  atomic_store(&it->told->falling, 0);
  atomic_store(&it->told->down, 0);
  pid_t child = start_child(work_until_shutdown, it);
  wait_for_work(it, roll(any, 14), any);
  atomic_store(&it->told->falling, 1);
  uint64_t mark = atomic_load(&it->self.picture->mark);
  if (ioctl(fd, SHUT_DOWN, &how) < 0)
    exit_unable("the file system has no shutdown ioctl");
  atomic_store(&it->told->down, 1);
  it->inside += mark % 2 == 1 && mark == atomic_load(&it->self.picture->mark);
  finish_child(child);
  must(it->told->errors > 0);
  must_equal(close(fd), 0);
}

static void mount_anew(trial *it) {
  must_equal(umount2(it->mounted, 0), 0);
  must_equal(mount(it->device, it->mounted, it->type, 0, NULL), 0);
}

/* ---- what is there afterwards ---- */

/* Nobody was told that the operation in flight is durable: any part of it may be there. What is neither in the file before
 * nor in the file after it may also be zeros, since blocks come before bytes. */
static void must_be_between(const contents *found, const contents *old, const contents *new) {
  uint64_t shorter = old->length < new->length ? old->length : new->length;
  uint64_t longer = old->length < new->length ? new->length : old->length;
  must(!found->missing || old->missing);
  if (found->length < shorter || found->length > longer)
    fail_at(__FILE__, __LINE__, "the length %llu is not between %llu and %llu",
            (unsigned long long)found->length, (unsigned long long)shorter,
            (unsigned long long)longer);
  for (uint64_t i = 0; i < found->length; i++) {
    int is_old = i < old->length && found->bytes[i] == old->bytes[i];
    int is_new = i < new->length && found->bytes[i] == new->bytes[i];
    if (!is_old && !is_new && (i < shorter || found->bytes[i] != 0))
      fail_at(__FILE__, __LINE__,
              "byte %llu of an operation not yet durable is neither old nor new",
              (unsigned long long)i);
  }
}

static void must_hold_the_file(trial *it) {
  static contents found;
  picture *shown = it->self.picture;
  const contents *old = contents_before(shown);
  look_at(it->file, &found);
  if (in_flight(shown)) {
    must_be_between(&found, old, contents_after(shown));
  } else {
    must_equal(found.missing, old->missing);
    must_equal(found.length, old->length);
    must_be_bytes(found.bytes, old->bytes, old->length);
  }
  adopt_contents(shown, &found);
}

/* Those that are durable; the next one may have been begun, and is not used again. */
static void must_hold_new_files(trial *it) {
  char path[400];
  uint64_t length, created = atomic_load(&it->told->created);
  for (; it->removed < created; it->removed++) {
    const unsigned char *bytes = new_file_bytes(it->removed, &length);
    new_file_path(it, it->removed, path);
    if (access(path, F_OK) != 0)
      fail_at(__FILE__, __LINE__, "a created file is gone");
    must_be_file(path, bytes, length);
    must_equal(unlink(path), 0);
  }
  new_file_path(it, created, path);
  unlink(path);
  atomic_store(&it->told->created, ++it->removed);
  int fd = open(it->mounted, O_RDONLY | O_CLOEXEC);
  must_equal(fsync(fd), 0);
  must_equal(close(fd), 0);
}

/* ---- the rounds ---- */

static void find_device(trial *it) {
  char line[1024], where[300];
  FILE *mounts = fopen("/proc/self/mounts", "re");
  snprintf(it->mounted, sizeof it->mounted, "%s", in_dir("disk"));
  snprintf(it->file, sizeof it->file, "%s", in_dir("disk/file"));
  while (fgets(line, sizeof line, mounts) != NULL)
    if (sscanf(line, "%127s %299s %15s", it->device, where, it->type) == 3 &&
        strcmp(where, it->mounted) == 0)
      break;
  must(strcmp(where, it->mounted) == 0);
  fclose(mounts);
  it->held = open(it->device, O_RDONLY | O_CLOEXEC);
  must(it->held >= 0);
}

static void tell_rounds(const trial *it, uint64_t rounds) {
  char name[64];
  snprintf(name, sizeof name, "shutdowns of %s", it->type);
  tell_figure(name, rounds);
  tell_figure("shutdowns inside an operation", it->inside);
  tell_figure("created files found after a shutdown", it->removed - rounds);
  must(it->inside > 0);
  must(it->removed > rounds);
}

static void run_shutdowns(void *how_often) {
  static trial it;
  const uint64_t rounds = *(const uint64_t *)how_often;
  dice any = dice_from(17);
  some_noise(&any, 1);
  find_device(&it);
  it.self = (worker){new_picture(), it.file, TOME_WRITE | TOME_GROW, NULL, any};
  contents_before(it.self.picture)->missing = 1;
  it.told = mmap(NULL, sizeof *it.told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(it.told != MAP_FAILED);
  for (uint64_t round = 0; round < rounds; round++) {
    shut_down(&it, &any);
    mount_anew(&it);
    note("round %llu, %s %s", (unsigned long long)round,
         in_flight(it.self.picture) ? "inside" : "after", deed_names[it.self.picture->now.what]);
    must_hold_the_file(&it);
    must_hold_new_files(&it);
  }
  tell_rounds(&it, rounds);
}

static void run(void) {
  uint64_t rounds = how_many(60, 1000);
  run_shutdowns(&rounds);
}

static void what_is_durable_survives_the_shutdown_of_an_ext4(void **state) {
  (void)state;
  on_disk(DISK_EXT4, run);
}

static void what_is_durable_survives_the_shutdown_of_an_xfs(void **state) {
  (void)state;
  on_disk(DISK_XFS, run);
}

/* ---- planted bugs ---- */

static void do_not_sync(void) {
  tome__os_calls.fdatasync = sync_nothing;
}

static int sync_bytes_only(int fd) {
  return sync_file_range(
      fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

static void forget_the_length(void) {
  tome__os_calls.fdatasync = sync_bytes_only;
}

/* A shutdown has to meet the moment; the first that does is the last. */
static uint64_t until_found = 1000;

static void find_missing_sync(void) {
  must_find_bug("a flush that does not sync", do_not_sync, run_shutdowns, &until_found);
}

static void find_missing_length(void) {
  must_find_bug("a flush that leaves the length behind", forget_the_length, run_shutdowns,
                &until_found);
}

static void a_flush_that_does_not_sync_is_found_on_ext4(void **state) {
  (void)state;
  on_disk(DISK_EXT4, find_missing_sync);
}

static void a_flush_that_does_not_sync_is_found_on_xfs(void **state) {
  (void)state;
  on_disk(DISK_XFS, find_missing_sync);
}

static void a_flush_that_leaves_the_length_behind_is_found(void **state) {
  (void)state;
  on_disk(DISK_EXT4, find_missing_length);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(what_is_durable_survives_the_shutdown_of_an_ext4),
      TEST(what_is_durable_survives_the_shutdown_of_an_xfs),
      TEST(a_flush_that_does_not_sync_is_found_on_ext4),
      TEST(a_flush_that_does_not_sync_is_found_on_xfs),
      TEST(a_flush_that_leaves_the_length_behind_is_found),
  };
  return run_matching(tests, count, arguments);
}
