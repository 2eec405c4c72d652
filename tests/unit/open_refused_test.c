/* What cannot be opened on POSIX systems: special files, what permissions and leases forbid, limits. */
#include "system_abilities.h"
#include "test_support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static void must_refuse(const char *path, int code) {
  note("opening %s", path);
  must_equal(try_open(path, TOME_READ), code);
  assert_string_equal(tome_error_last()->operation, "tome_open");
  must_equal(try_open(path, TOME_WRITE), code);
  must_equal(try_open(path, TOME_COPY), code);
  note("%s", "");
}

static void a_path_with_a_loop_is_name(void **state) {
  (void)state;
  must_equal(symlink(in_dir("loop"), in_dir("loop")), 0);
  must_refuse(in_dir("loop"), TOME_ENAME);
}

static void a_fifo_is_refused_without_waiting(void **state) {
  (void)state;
  must_equal(mkfifo(in_dir("fifo"), 0666), 0);
  alarm(20);
  must_refuse(in_dir("fifo"), TOME_ENOTMAP);
  alarm(0);
}

static void a_socket_is_notmap(void **state) {
  (void)state;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  must(strlen(in_dir("s")) < sizeof address.sun_path);
  strcpy(address.sun_path, in_dir("s"));
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  must_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  must_refuse(in_dir("s"), TOME_ENOTMAP);
  close(fd);
}

static void character_devices_are_notmap(void **state) {
  (void)state;
  must_refuse("/dev/zero", TOME_ENOTMAP);
  must_refuse("/dev/null", TOME_ENOTMAP);
}

/* On procfs or sysfs. */
static int is_made_up(const char *path) {
  struct statfs system;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  must(fd >= 0 && fstatfs(fd, &system) == 0);
  must_equal(close(fd), 0);
  return system.f_type == 0x9fa0 || system.f_type == 0x62656572;
}

static void files_that_the_kernel_makes_up_are_notmap(void **state) {
  (void)state;
  if (!system_knows_file_systems())
    skip_because("this system does not tell what kind of file system it is");
  const char *const paths[] = {"/proc/meminfo",
                               "/proc/cpuinfo",
                               "/proc/version",
                               "/proc/self/status",
                               "/proc/self/maps",
                               "/proc/sys/kernel/hostname",
                               "/sys/kernel/mm/transparent_hugepage/enabled",
                               "/sys/devices/system/cpu/online"};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    note("opening %s", paths[i]);
    if (access(paths[i], R_OK) != 0) {
      print_message("SKIPPED %s: it is not here\n", paths[i]);
      continue;
    }
    if (!is_made_up(paths[i])) {
      print_message("SKIPPED %s: an emulator shows a file of its own\n", paths[i]);
      continue;
    }
    must_equal(try_open(paths[i], TOME_READ), TOME_ENOTMAP);
    must_equal(try_open(paths[i], TOME_COPY), TOME_ENOTMAP);
  }
}

/* Its pages are larger than those that a guard could replace. */
static void open_huge_pages(void) {
  const char *path = in_dir("disk/huge");
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  must(fd >= 0);
  must_refuse(path, TOME_ENOTSUP);
  must_equal(ftruncate(fd, 4 << 20), 0);
  must_refuse(path, TOME_ENOTSUP);
  must_equal(try_part(path, TOME_READ, 0, 5000), TOME_ENOTSUP);
  must_equal(file_length(path), 4 << 20);
  close(fd);
}

static void a_file_of_huge_pages_is_notsup(void **state) {
  (void)state;
  if (!system_knows_file_systems())
    skip_because("this system does not tell what kind of file system it is");
  on_disk(DISK_HUGE, open_huge_pages);
}

static void nobody_opens(void *unused) {
  (void)unused;
  become_nobody();
  must_refuse(in_dir("secret"), TOME_EACCES);
  must_equal(try_open(in_dir("public"), TOME_READ), 0);
  must_equal(try_open(in_dir("public"), TOME_COPY), 0);
  must_equal(try_open(in_dir("public"), TOME_WRITE), TOME_EACCES);
  must_equal(try_open(in_dir("public"), TOME_WRITE | TOME_TRUNCATE), TOME_EACCES);
  must_equal(try_open(in_dir("closed/file"), TOME_READ), TOME_EACCES);
  must_equal(try_open(in_dir("sealed/new"), TOME_WRITE | TOME_CREATE), TOME_EACCES);
}

static void a_file_without_permission_is_acces(void **state) {
  (void)state;
  must_equal(chmod(in_dir("."), 0755), 0);
  must_equal(chmod(make_pattern_file("secret", 10), 0), 0);
  must_equal(chmod(make_pattern_file("public", 10), 0444), 0);
  must_equal(mkdir(in_dir("closed"), 0777), 0);
  make_pattern_file("closed/file", 10);
  must_equal(chmod(in_dir("closed"), 0), 0);
  must_equal(mkdir(in_dir("sealed"), 0555), 0);
  in_child(nobody_opens, NULL);
  must_equal(chmod(in_dir("closed"), 0700), 0);
  must_be_pattern_file(in_dir("public"), 10);
}

/* The pipe is close-on-exec: its end means that the program has been started. */
static pid_t start_program(const char *path) {
  int ends[2];
  must_equal(pipe2(ends, O_CLOEXEC), 0);
  pid_t child = fork();
  if (child == 0) {
    execl(path, path, "1000", (char *)NULL);
    _exit(1);
  }
  char byte;
  close(ends[1]);
  must_equal(read(ends[0], &byte, 1), 0);
  close(ends[0]);
  return child;
}

static void a_program_that_runs_is_busy_for_writing(void **state) {
  (void)state;
  size_t length;
  void *program = read_file("/bin/sleep", &length);
  const char *path = make_file("program", program, length);
  free(program);
  must_equal(chmod(path, 0755), 0);
  pid_t child = start_program(path);
  must_equal(waitpid(child, NULL, WNOHANG), 0);
  must_equal(try_open(path, TOME_WRITE), TOME_EBUSY);
  must_equal(try_open(path, TOME_READ), 0);
  must_equal(kill(child, SIGKILL), 0);
  must_equal(waitpid(child, NULL, 0), child);
}

/* ---- leases ---- */

typedef struct holder {
  const char *path;
  int lease, held[2], done[2];
} holder;

/* Tells when it has the lease, and keeps it until it is told; or cannot get it and says so. */
static void hold_lease(void *context) {
  holder *self = context;
  char byte;
  signal(SIGIO, SIG_IGN);
  close(self->done[1]);
  int fd = open(self->path, O_RDONLY | O_CLOEXEC);
  if (fcntl(fd, F_SETLEASE, self->lease) != 0)
    exit_unable("this file system grants no leases");
  must_equal(write(self->held[1], "h", 1), 1);
  must_equal(read(self->done[0], &byte, 1), 0);
}

static void must_open_beside(int lease, const char *path, int read_result, int write_result) {
  holder other = {.path = path, .lease = lease};
  char byte;
  must_equal(pipe2(other.held, O_CLOEXEC), 0);
  must_equal(pipe2(other.done, O_CLOEXEC), 0);
  pid_t child = start_child(hold_lease, &other);
  close(other.held[1]);
  close(other.done[0]);
  if (read(other.held[0], &byte, 1) == 1) {
    must_equal(try_open(path, TOME_READ), read_result);
    must_equal(try_open(path, TOME_COPY), read_result);
    must_equal(try_open(path, TOME_WRITE), write_result);
  }
  close(other.held[0]);
  close(other.done[1]);
  finish_child(child);
}

static void a_file_that_another_process_has_a_lease_on_is_busy(void **state) {
  (void)state;
  char path[512];
  snprintf(path, sizeof path, "%s", make_pattern_file("file", PAGE));
  must_open_beside(F_RDLCK, path, 0, TOME_EBUSY);
  must_open_beside(F_WRLCK, path, TOME_EBUSY, TOME_EBUSY);
  must_equal(try_open(path, TOME_WRITE), 0);
}

/* ---- limits ---- */

static void open_without_descriptors(void *path) {
  int fd = open(path, O_RDWR);
  int next = dup(fd);
  close(next);
  struct rlimit limit = {(rlim_t)next, (rlim_t)next};
  must_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  tome *map = NULL;
  must_fail(tome_open(&map, path, TOME_READ, NULL), TOME_EMFILE);
  must_fail(tome_open(&map, path, TOME_WRITE | TOME_TRUNCATE, NULL), TOME_EMFILE);
  must_fail(tome_open_fd(&map, fd, TOME_READ, NULL), TOME_EMFILE);
  must_fail(tome_open_fd(&map, fd, TOME_WRITE | TOME_TRUNCATE, NULL), TOME_EMFILE);
  must_fail(tome_anonymous(&map, 100, NULL), TOME_EMFILE);
  must(map == NULL);
}

static void too_many_open_files_is_mfile(void **state) {
  (void)state;
  char path[512];
  snprintf(path, sizeof path, "%s", make_pattern_file("file", 100));
  in_child(open_without_descriptors, path);
  must_be_pattern_file(path, 100);
}

static void failing_on_devices_leaves_no_descriptor_behind(void **state) {
  (void)state;
  unsigned count = count_descriptors();
  for (int i = 0; i < 50; i++) {
    must_equal(try_open("/dev/zero", TOME_READ), TOME_ENOTMAP);
    must_equal(try_open("/proc/self/status", TOME_READ), TOME_ENOTMAP);
  }
  must_equal(count_descriptors(), count);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_path_with_a_loop_is_name),
      TEST(a_fifo_is_refused_without_waiting),
      TEST(a_socket_is_notmap),
      TEST(character_devices_are_notmap),
      TEST(files_that_the_kernel_makes_up_are_notmap),
      TEST(a_file_of_huge_pages_is_notsup),
      TEST(a_file_without_permission_is_acces),
      TEST(a_program_that_runs_is_busy_for_writing),
      TEST(a_file_that_another_process_has_a_lease_on_is_busy),
      TEST(too_many_open_files_is_mfile),
      TEST(failing_on_devices_leaves_no_descriptor_behind),
  };
  return run_matching(tests, count, arguments);
}
