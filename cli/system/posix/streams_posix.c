#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* The stand-in is open the wrong way round, so that using it still fails as a closed stream does. */
static void occupy_closed_ones(void) {
  for (int fd = STREAM_IN; fd <= STREAM_ERROR; fd++)
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
      (void)open("/dev/null", fd == STREAM_IN ? O_WRONLY : O_RDONLY);
}

void streams_begin(void) {
  occupy_closed_ones();
  signal(SIGPIPE, SIG_DFL);
}

int stream_is_terminal(int fd) {
  return isatty(fd);
}

int64_t stream_position(int fd) {
  return lseek(fd, 0, SEEK_CUR);
}

int stream_move(int fd, uint64_t offset) {
  return lseek(fd, (off_t)offset, SEEK_SET) < 0 ? -1 : 0;
}

ssize_t stream_read(int fd, void *bytes, size_t length) {
  ssize_t count;
  do
    count = read(fd, bytes, length);
  while (count < 0 && errno == EINTR);
  return count;
}

int stream_is_ready(int fd) {
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  return poll(&ready, 1, 0) != 0;
}

void stream_write(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t count = write(fd, bytes, length);
    if (count <= 0)
      return;
    bytes += count;
    length -= (size_t)count;
  }
}

/* One that is open for reading stands for a closed one. */
int stream_goes_nowhere(int fd) {
  struct stat output, null;
  if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
    return 0;
  return fstat(fd, &output) == 0 && S_ISCHR(output.st_mode) && stat("/dev/null", &null) == 0 &&
         output.st_rdev == null.st_rdev;
}

/* The signal has ended the command, unless who started it blocks that; then it is told. */
int stream_reader_is_gone(int reason) {
  (void)reason;
  return 0;
}

int stream_close(int fd) {
  return close(fd);
}

ssize_t stream_line(char **line, size_t *room, FILE *file) {
  return getline(line, room, file);
}

FILE *text_stream_begin(struct text_stream *stream) {
  *stream = (struct text_stream){.text = NULL};
  return stream->file = open_memstream(&stream->text, &stream->length);
}

int text_stream_end(struct text_stream *stream) {
  return fclose(stream->file);
}
