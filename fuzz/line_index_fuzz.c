/* The fuzz target of the file of a line index: an input is changes to a good one, and questions.
 *
 * What must hold: without good checksums every answer is right, or the index is built anew first. With checksums that were put right
 * again, as nobody but the owner of the cache could, answers may be wrong, but what is called a line lies between two ends. */
#include "fuzz_input.h"
#include "line_index_image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tome/tome.h>

enum { TEXT = 128 * 1024 + 6000, MOST_LINES = 8192, IMAGE = 2 * 4096, ROOM = IMAGE + 4096 };

static char directory[128], text_path[160], index_path[512];
static unsigned char text[TEXT], good[IMAGE];
static tome_line lines[MOST_LINES];
static size_t count;
static int text_file, index_file;

static void must(int condition, const char *what) {
  if (condition)
    return;
  fprintf(stderr, "WRONG: %s (error %s)\n", what, tome_error_name(tome_error_last()->code));
  abort();
}

/* ---- the text, and the good index ---- */

/* Lines of 1 to some hundred bytes, and a longer one where the second stretch begins. */
static void make_text(void) {
  uint64_t random = 1, begin = 0;
  for (uint64_t i = 0; i < TEXT; i++) {
    random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    int in_long_line = i > 130000 && i < 132000;
    text[i] = !in_long_line && random >> 57 == 0 ? '\n' : 'x';
    if (text[i] != '\n' && i != TEXT - 1)
      continue;
    must(count < MOST_LINES, "more lines than there is room for");
    lines[count++] = (tome_line){begin, i - begin + (text[i] != '\n'), i + 1};
    begin = i + 1;
  }
}

static tome_line_index *open_index(tome *map) {
  tome_line_index_options options = TOME_LINE_INDEX_INIT;
  tome_line_index *index;
  options.directory = directory;
  options.threads = 1;
  must(tome_line_index_open(&index, map, &options) == 0, "an index that cannot be opened");
  return index;
}

static void remove_all(void) {
  unlink(index_path);
  unlink(text_path);
  rmdir(directory);
}

static void make_directory(void) {
  const char *base = getenv("TMPDIR");
  snprintf(directory, sizeof directory, "%s/tome-fuzz-XXXXXX", base ? base : "/dev/shm");
  must(mkdtemp(directory) != NULL, "no directory");
  snprintf(text_path, sizeof text_path, "%s/text", directory);
  text_file = open(text_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  must(text_file >= 0 && write(text_file, text, TEXT) == TEXT, "no text");
  atexit(remove_all);
}

static void begin_once(void) {
  static int begun;
  if (begun)
    return;
  begun = 1;
  make_text();
  make_directory();
  tome *map;
  tome_line_index_info info = {.struct_size = sizeof info};
  must(tome_open(&map, text_path, TOME_READ, NULL) == 0, "a text that cannot be opened");
  tome_line_index *index = open_index(map);
  must(tome_line_index_info_get(index, &info) == 0 && info.kept == 0, "an index that is not kept");
  snprintf(index_path, sizeof index_path, "%s", info.path);
  index_file = open(index_path, O_RDONLY | O_CLOEXEC);
  must(index_file >= 0 && read(index_file, good, IMAGE) == IMAGE, "no index");
  close(index_file);
  tome_line_index_close(index);
  tome_close(map);
}

/* ---- changes ---- */

static unsigned take_two(fuzz_input *in) {
  unsigned low = take_byte(in);
  return low | take_byte(in) << 8;
}

static void put(unsigned char *to, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    to[i] = (unsigned char)(value >> 8 * i);
}

/* A number that is one of those that are likely to matter, or any. */
static uint64_t take_number(fuzz_input *in) {
  static const uint64_t some[] = {0,         1,          TEXT,      TEXT - 1,   TEXT + 1,
                                  128 << 10, UINT32_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX - 4095};
  unsigned which = take_byte(in);
  return which < sizeof some / sizeof *some ? some[which] : (uint64_t)take_two(in) << which % 48;
}

/* A change of the image; how long it is then. */
static size_t change(fuzz_input *in, unsigned char *image, size_t length) {
  unsigned what = take_byte(in), at = take_two(in) % ROOM;
  switch (what % 5) {
  case 0:
    image[at] ^= (unsigned char)take_byte(in);
    return length;
  case 1: /* a field of the header */
    put(image + at % 12 * 8, take_number(in), 8);
    return length;
  case 2: /* a count, or what the counts begin with */
    put(image + INDEX_BLOCK + at % 6 * 4, take_number(in), 4);
    return length;
  case 3:
    put(image + (at & ~7u), take_number(in), 8);
    return length;
  default:
    return at;
  }
}

static void seal(unsigned char *image) {
  for (size_t block = 0; block < IMAGE / INDEX_BLOCK; block++) {
    unsigned char *bytes = image + block * INDEX_BLOCK;
    put(bytes + INDEX_BLOCK - 8, tome__index_checksum(block + 1, bytes, INDEX_BLOCK - 8), 8);
  }
}

static void write_index(const unsigned char *image, size_t length) {
  int fd = open(index_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  must(fd >= 0 && write(fd, image, length) == (ssize_t)length && ftruncate(fd, (off_t)length) == 0,
       "no index");
  close(fd);
}

/* ---- questions ---- */

static int begins_behind_an_end(uint64_t at) {
  return at == 0 || text[at - 1] == '\n';
}

static void check_line(tome_line_index *index, uint64_t number, int sealed) {
  tome_line line;
  int r = tome_line_index_line(index, number, &line);
  must(r >= 0, "a lookup that fails");
  if (!sealed) {
    must(r == (number <= count), "a line that is there, or not");
    must(r == 0 || memcmp(&line, &lines[number - 1], sizeof line) == 0, "another line");
    return;
  }
  must(r == 0 || (line.offset < line.next && line.next <= TEXT), "a line outside the text");
  must(r == 0 || (begins_behind_an_end(line.offset) &&
                  (line.next == TEXT || begins_behind_an_end(line.next))),
       "a line that is none");
}

static void check_number(tome_line_index *index, uint64_t offset, int sealed) {
  uint64_t number;
  int r = tome_line_index_number(index, offset, &number);
  if (r == TOME_ERANGE || r == 0) {
    must(sealed || offset >= TEXT, "an offset without a line");
    return;
  }
  must(r == 1, "a lookup that fails");
  must(sealed || (number >= 1 && number <= count && lines[number - 1].offset <= offset &&
                  offset < lines[number - 1].next),
       "another number");
}

static void ask(fuzz_input *in, int sealed) {
  tome *map;
  must(tome_open(&map, text_path, TOME_READ, NULL) == 0, "a text that cannot be opened");
  tome_line_index *index = open_index(map);
  must(sealed || tome_line_index_lines(index) == count, "another number of lines");
  check_line(index, count, sealed);
  check_line(index, count / 2, sealed);
  for (int i = 0; i < 2 && in->at < in->end; i++) {
    unsigned any = take_two(in);
    check_line(index, 1 + any % (count + 1), sealed);
    check_number(index, (uint64_t)any * 3, sealed);
  }
  tome_line_index_close(index);
  must(tome_close(map) == 0, "a map that cannot be closed");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static unsigned char image[ROOM + 8];
  fuzz_input in = {data, data + size};
  size_t length = IMAGE;
  begin_once();
  memset(image, 0, sizeof image);
  memcpy(image, good, IMAGE);
  unsigned first = take_byte(&in);
  int sealed = (first & 1) != 0;
  for (unsigned changes = first >> 1 & 7; changes > 0; changes--)
    length = change(&in, image, length);
  if (sealed)
    seal(image);
  int lowest = fcntl(text_file, F_DUPFD_CLOEXEC, 0);
  close(lowest);
  write_index(image, length);
  ask(&in, sealed);
  int now = fcntl(text_file, F_DUPFD_CLOEXEC, 0);
  close(now);
  must(now == lowest, "a descriptor that was left open");
  return 0;
}
