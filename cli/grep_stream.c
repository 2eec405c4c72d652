/* What comes from a pipe or a terminal is searched as soon as lines are complete, so that `tail -f | tome grep` answers at once.
 *
 * What may still be asked for stays in memory: the beginning of a line whose end has not come, and the lines before it that may
 * become context. When the room is used up, it is doubled unless half of it can be freed; so all this takes time in proportion
 * to what comes. */
#include <string.h>

#include "complain.h"
#include "grep_search.h"
#include "machine.h"
#include "standard_output.h"
#include "streams.h"
#include "system_text.h"
#include "verb.h"

#define ROOM ((size_t)256 << 10)

struct stream {
  struct grep_search *search;
  int fd;
  uint64_t searched; /* all lines before it */
};

/* A line that never ends must not take all the memory there is. */
static size_t memory_limit(void) {
  uint64_t half = machine_memory() / 2;
  return half > 0 && half < SIZE_MAX / 2 ? (size_t)half : SIZE_MAX / 2;
}

static int grow(struct grep_text *text) {
  size_t room = text->room ? text->room * 2 : ROOM;
  if (room > memory_limit() && text->room)
    return TOME_ENOMEM;
  return grep_text_reserve(text, room);
}

/* From where on bytes may still be asked for. */
static int first_needed(const struct stream *stream, uint64_t *ret) {
  struct grep_search *search = stream->search;
  const struct grep_request *request = search->printer->request;
  uint64_t done =
      search->groups.done > search->text.start ? search->groups.done : search->text.start;
  uint64_t lines;
  if (done > stream->searched)
    done = stream->searched;
  return grep_text_back(&search->text, done, stream->searched, request->before, ret, &lines);
}

static int make_room(const struct stream *stream) {
  struct grep_text *text = &stream->search->text;
  if (text->length < text->room)
    return 0;
  uint64_t needed = text->start;
  int code = first_needed(stream, &needed);
  size_t free_bytes = (size_t)(needed - text->start);
  if (code < 0 || free_bytes <= text->length / 2)
    return code < 0 ? code : grow(text);
  text->length -= free_bytes;
  text->start = needed;
  memmove(text->bytes, text->bytes + free_bytes, text->length);
  return 0;
}

/* How many bytes came; 0: the end; less than 0: failed, and complained. */
static ssize_t read_more(const struct stream *stream) {
  struct grep_text *text = &stream->search->text;
  const char *name = stream->search->printer->name;
  if (make_room(stream) < 0) {
    complain(name, "a line, with the context asked for, does not fit in memory (at byte %llu)",
             (unsigned long long)stream->searched);
    return -1;
  }
  ssize_t count = stream_read(stream->fd, text->bytes + text->length, text->room - text->length);
  if (count < 0) {
    if (!stream->search->printer->request->silent)
      complain_system(name);
    return -1;
  }
  text->length += (size_t)count;
  return count;
}

static uint64_t count_lines(const unsigned char *bytes, size_t length) {
  uint64_t count = 0;
  const unsigned char *end = bytes + length;
  for (; (bytes = memchr(bytes, '\n', (size_t)(end - bytes))); bytes++)
    count++;
  return count;
}

/* Search the lines up to `end`, and print what follows lines before them. */
static int search_lines(struct stream *stream, uint64_t end) {
  struct grep_search *search = stream->search;
  const unsigned char *bytes = search->text.bytes + (stream->searched - search->text.start);
  size_t length = (size_t)(end - stream->searched);
  int code = 0;
  if (search->left > 0) {
    tome_search_options options = grep_search_options(search);
    uint64_t count = 0;
    search->offset = stream->searched;
    code = tome_search_memory(bytes, length, search->printer->request->lines, &options, &count);
    search->count += count;
    search->left -= count;
  }
  if (search->printer->request->numbers)
    search->number += count_lines(bytes, length);
  stream->searched = end;
  if (code >= 0)
    code = search->code;
  if (code >= 0 && search->printer->request->grouped)
    code = grep_groups_follow(&search->groups, end);
  bulk_flush(search->printer->out);
  return code < 0 ? code : 0;
}

/* Search the lines that are complete, those in what has just come from `fresh` on. */
static int search_complete(struct stream *stream, size_t fresh) {
  const struct grep_text *text = &stream->search->text;
  const unsigned char *last = bytes_last(text->bytes + fresh, '\n', text->length - fresh);
  return last ? search_lines(stream, text->start + (uint64_t)(last - text->bytes) + 1) : 0;
}

static int wants_more(const struct stream *stream) {
  const struct grep_search *search = stream->search;
  return (search->left > 0 || search->groups.pending > 0) && standard_output_ok();
}

static int search_all(struct stream *stream) {
  const struct grep_text *text = &stream->search->text;
  ssize_t count = 1;
  int code = 0;
  while (code == 0 && count > 0 && wants_more(stream)) {
    count = read_more(stream);
    if (count < 0)
      return STATUS_ERROR;
    code = search_complete(stream, text->length - (size_t)count);
  }
  uint64_t end = text->start + text->length;
  if (code == 0 && count == 0 && stream->searched < end)
    code = search_lines(stream, end);
  if (code < 0)
    grep_complain(stream->search->printer, code);
  return code < 0 ? STATUS_ERROR : STATUS_OK;
}

int grep_search_stream(struct grep_search *search, int fd) {
  struct stream stream = {search, fd, 0};
  return search_all(&stream);
}
