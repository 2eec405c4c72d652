#include "sorted_file.h"

#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "input_file.h"

/* The program that unpacks what begins so; NULL: it is none. */
static const char *unpacker(tome *map) {
  static const struct {
    const char *begins, *program;
    size_t length;
  } known[] = {{"\x1f\x8b", "zcat", 2},
               {"\x28\xb5\x2f\xfd", "zstdcat", 4},
               {"\xfd"
                "7zXZ",
                "xzcat", 5},
               {"BZh", "bzcat", 3}};
  char begin[5] = "";
  size_t size = tome_size(map) < sizeof begin ? (size_t)tome_size(map) : sizeof begin;
  if (tome_read(map, 0, begin, size) < 0)
    return NULL;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (size >= known[i].length && memcmp(begin, known[i].begins, known[i].length) == 0)
      return known[i].program;
  return NULL;
}

void sorted_file_complain(const struct sorted_file *file) {
  int code = tome_error_last()->code;
  const char *program = NULL;
  if (code == TOME_ENOKEY || code == TOME_EORDER) {
    tome_error error = *tome_error_last();
    program = unpacker(file->map);
    if (program)
      complain(file->name, "is compressed; unpack it into a file first, with %s", program);
    else if (error.code == TOME_EORDER)
      complain(file->name,
               "is not sorted: the line at byte %llu should stand before one above it; --slack "
               "bears with a little disorder",
               (unsigned long long)error.offset);
    else
      complain(file->name, "no line with such a key was found; see --column, --key and "
                           "--time-format");
    return;
  }
  complain_tome(file->name, NULL);
}

/* Options that are wrong are so for any file. */
static int complain_options(const tome_key_options *options) {
  const tome_error *error = tome_error_last();
  if (options->format)
    complain("between", "--time-format \"%s\": %s (at byte %llu)", options->format, error->detail,
             (unsigned long long)error->offset);
  else
    complain("between", "%s", error->detail);
  return 1;
}

int sorted_file_open(struct sorted_file *file, const char *operand,
                     const tome_key_options *options) {
  *file = (struct sorted_file){.name = input_name(operand), .map = input_open(operand)};
  if (!file->map)
    return -1;
  int code = tome_key_new(&file->key, file->map, options), result = -1;
  if (code == 0)
    return 0;
  if (code == TOME_EINVAL && tome_error_last()->detail)
    result = complain_options(options);
  else
    sorted_file_complain(file);
  sorted_file_close(file);
  return result;
}

void sorted_file_close(struct sorted_file *file) {
  tome_key_free(file->key);
  tome_close(file->map);
  free(file->first_line);
  *file = (struct sorted_file){.name = file->name};
}

/* The beginning of the first record, which is where its key is. */
static int take_first(void *context, uint64_t offset, const void *data, size_t length) {
  struct sorted_file *file = context;
  const char *end = memchr(data, '\n', length);
  (void)offset;
  size_t line = end ? (size_t)(end - (const char *)data) : length;
  file->first_line = malloc(line + 1);
  if (file->first_line) {
    memcpy(file->first_line, data, line);
    (void)tome_key_parse(file->key, file->first_line, line, &file->first);
  }
  return 1;
}

static int find_first(struct sorted_file *file) {
  tome_between_options all = TOME_BETWEEN_INIT;
  all.found = take_first;
  all.context = file;
  int found = tome_between(file->map, file->key, &all, NULL);
  if (found < 0) {
    sorted_file_complain(file);
    return -1;
  }
  if (found && !file->first_line) {
    complain(file->name, "out of memory");
    return -1;
  }
  return 0;
}

/* Is there nothing but records of that very key? */
static int is_one_moment(const struct sorted_file *file) {
  uint64_t behind;
  return tome_bisect(file->map, file->key, &file->first, 1, &behind) == 0 &&
         behind == tome_size(file->map);
}

/* Of two files that begin with the same key, one that goes on to others is the later one. */
static int compare(const void *a, const void *b) {
  const struct sorted_file *x = a, *y = b;
  if (!x->first_line || !y->first_line)
    return (x->first_line != NULL) - (y->first_line != NULL);
  int order = tome_key_compare(x->key, &x->first, &y->first);
  return order ? order : is_one_moment(y) - is_one_moment(x);
}

int sorted_files_order(struct sorted_file *files, int count) {
  for (int i = 0; i < count; i++)
    if (find_first(&files[i]) < 0)
      return -1;
  qsort(files, (size_t)count, sizeof *files, compare);
  return 0;
}
