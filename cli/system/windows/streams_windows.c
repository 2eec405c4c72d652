#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <stdlib.h>
#include <windows.h>

#include "console.h"
#include "ntdll_calls.h"
#include "streams.h"
#include "wide_text.h"

static HANDLE handle_of(int fd) {
  return (HANDLE)_get_osfhandle(fd);
}

/* No stream that the caller left closed gives its number to a file: the runtime keeps the three free. A drive without a disk is an
 * error, not a window that asks for one. */
void streams_begin(void) {
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
  _fmode = _O_BINARY;
  for (int fd = STREAM_IN; fd <= STREAM_ERROR; fd++)
    (void)_setmode(fd, _O_BINARY);
  console_begin();
}

int stream_is_terminal(int fd) {
  DWORD mode;
  return GetConsoleMode(handle_of(fd), &mode) != 0;
}

int64_t stream_position(int fd) {
  return GetFileType(handle_of(fd)) == FILE_TYPE_DISK ? _lseeki64(fd, 0, SEEK_CUR) : -1;
}

int stream_move(int fd, uint64_t offset) {
  if (GetFileType(handle_of(fd)) != FILE_TYPE_DISK) {
    errno = ESPIPE;
    return -1;
  }
  return _lseeki64(fd, (int64_t)offset, SEEK_SET) < 0 ? -1 : 0;
}

/* ---- reading ---- */

#define MOST_TYPED 1024

/* What is typed comes in UTF-16. A line that begins with Ctrl-Z is the end. What does not fit comes with the next call. */
static ssize_t read_console(HANDLE console, char *bytes, size_t length) {
  static char text[MOST_TYPED * 3];
  static size_t begin, end;
  if (begin == end) {
    wchar_t typed[MOST_TYPED];
    DWORD count = 0;
    if (!ReadConsoleW(console, typed, MOST_TYPED, &count, NULL))
      return windows_fail();
    if (count == 0 || typed[0] == 26)
      return 0;
    begin = 0;
    end = (size_t)WideCharToMultiByte(CP_UTF8, 0, typed, (int)count, text, sizeof text, NULL, NULL);
  }
  size_t count = 0;
  while (begin < end && count < length) {
    if (text[begin] != '\r')
      bytes[count++] = text[begin];
    begin++;
  }
  return (ssize_t)count;
}

/* A pipe whose writer has gone has ended; so the runtime has it, too. */
ssize_t stream_read(int fd, void *bytes, size_t length) {
  unsigned most = length < INT_MAX ? (unsigned)length : INT_MAX;
  if (stream_is_terminal(fd))
    return read_console(handle_of(fd), bytes, length);
  return _read(fd, bytes, most);
}

/* Of a console nobody knows whether the line is complete; of a pipe of Unix, in Wine, what is in it. */
int stream_is_ready(int fd) {
  DWORD there = 0;
  if (stream_is_terminal(fd))
    return 0;
  if (GetFileType(handle_of(fd)) != FILE_TYPE_PIPE)
    return 1;
  if (PeekNamedPipe(handle_of(fd), NULL, 0, NULL, &there, NULL))
    return there > 0;
  return GetLastError() == ERROR_BROKEN_PIPE;
}

ssize_t stream_line(char **line, size_t *room, FILE *file) {
  size_t length = 0;
  int character;
  while ((character = getc(file)) != EOF) {
    if (length + 2 > *room) {
      size_t more = *room ? *room * 2 : 256;
      char *longer = realloc(*line, more);
      if (!longer)
        return -1;
      *line = longer;
      *room = more;
    }
    (*line)[length++] = (char)character;
    if (character == '\n')
      break;
  }
  if (length == 0)
    return -1;
  (*line)[length] = '\0';
  return (ssize_t)length;
}

/* ---- writing ---- */

void stream_write(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    DWORD done = 0, most = length < INT_MAX ? (DWORD)length : INT_MAX;
    if (!WriteFile(handle_of(fd), bytes, most, &done, NULL) || done == 0)
      return;
    bytes += done;
    length -= done;
  }
}

int stream_goes_nowhere(int fd) {
  return ntdll_is_null_device(handle_of(fd));
}

/* The runtime knows no name for what Windows says of such a pipe, and calls it an invalid argument; in Wine, which takes a part
 * before it notices, it tells what failed before. Nothing else ends writing into a pipe. */
int stream_reader_is_gone(int reason) {
  return reason == EPIPE || GetFileType(GetStdHandle(STD_OUTPUT_HANDLE)) == FILE_TYPE_PIPE;
}

int stream_close(int fd) {
  return _close(fd);
}

/* ---- text that is collected ---- */

static intptr_t new_temporary_file(void) {
  wchar_t folder[MAX_PATH + 1], name[MAX_PATH + 1];
  if (!GetTempPathW(MAX_PATH, folder) || !GetTempFileNameW(folder, L"tome", 0, name))
    return windows_fail();
  HANDLE file =
      CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_DELETE, NULL, CREATE_ALWAYS,
                  FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
  if (file == INVALID_HANDLE_VALUE)
    windows_fail();
  return (intptr_t)file;
}

/* A file that the system keeps in memory and forgets when it is closed. */
FILE *text_stream_begin(struct text_stream *stream) {
  *stream = (struct text_stream){.text = NULL};
  intptr_t file = new_temporary_file();
  int fd = file == -1 ? -1 : _open_osfhandle(file, _O_RDWR | _O_BINARY | _O_NOINHERIT);
  if (fd < 0 && file != -1)
    CloseHandle((HANDLE)file);
  stream->file = fd < 0 ? NULL : _fdopen(fd, "w+b");
  if (fd >= 0 && !stream->file)
    _close(fd);
  return stream->file;
}

static int take_text(struct text_stream *stream) {
  if (fflush(stream->file) != 0 || _fseeki64(stream->file, 0, SEEK_END) != 0)
    return -1;
  int64_t length = _ftelli64(stream->file);
  if (length < 0 || (uint64_t)length >= SIZE_MAX)
    return -1;
  stream->length = (size_t)length;
  stream->text = malloc(stream->length + 1);
  if (!stream->text)
    return -1;
  rewind(stream->file);
  if (fread(stream->text, 1, stream->length, stream->file) != stream->length)
    return -1;
  stream->text[stream->length] = '\0';
  return 0;
}

int text_stream_end(struct text_stream *stream) {
  int result = take_text(stream);
  fclose(stream->file);
  return result;
}
