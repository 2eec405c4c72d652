/* The standard streams and other descriptors, as the system has them. The numbers are the same everywhere. */
#ifndef TOME_CLI_STREAMS_H
#define TOME_CLI_STREAMS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define STREAM_IN 0
#define STREAM_OUT 1
#define STREAM_ERROR 2

/* Before anything else: bytes go through the streams as they are, no file is opened under the number of a stream that the caller
 * left closed, and a reader that goes away ends the command. */
void streams_begin(void);

int stream_is_terminal(int fd);

/* Where the next read begins, in bytes; -1: it has no such place, as pipes have none. */
int64_t stream_position(int fd);
/* Returns 0, or -1 with errno. */
int stream_move(int fd, uint64_t offset);

/* Read at most `length` bytes, waiting for the first one. Returns how many came; 0: the end; -1 with errno. */
ssize_t stream_read(int fd, void *bytes, size_t length);
/* Whether stream_read() would not wait. */
int stream_is_ready(int fd);
/* Write all, as far as it can be written. Callable in a signal handler. */
void stream_write(int fd, const char *bytes, size_t length);

/* Whether it was opened for writing, and nobody can ever read what is written. */
int stream_goes_nowhere(int fd);

/* After a failed write, with its errno: 1 if the reader has gone, and that is to end the command as quietly as a signal would. */
int stream_reader_is_gone(int reason);
/* Returns 0, or -1 with errno. */
int stream_close(int fd);

/* As getline(3). */
ssize_t stream_line(char **line, size_t *room, FILE *file);

/* What is printed into `file` is at `text` once text_stream_end() has returned 0; it is the caller's to free. NULL: no memory,
 * with errno. */
struct text_stream {
  FILE *file;
  char *text;
  size_t length;
};
FILE *text_stream_begin(struct text_stream *stream);
int text_stream_end(struct text_stream *stream);

#endif
