/* Files, by name and opened. What fails returns less than 0, or NULL, and errno is the reason. */
#ifndef TOME_CLI_FILES_H
#define TOME_CLI_FILES_H

#include <stdint.h>
#include <stdio.h>

/* The same for all names of a file, and for no other file that there is at the same time. */
struct file_identity {
  uint64_t device;
  uint64_t number[2];
};

static inline int file_identity_same(const struct file_identity *a, const struct file_identity *b) {
  return a->number[0] == b->number[0] && a->number[1] == b->number[1] && a->device == b->device;
}

enum file_kind { FILE_OTHER, FILE_REGULAR, FILE_DIRECTORY, FILE_BLOCK_DEVICE };

struct file_facts {
  struct file_identity identity;
  enum file_kind kind;
};

/* Of what a name leads to; of the name's own entry, where a symbolic link is FILE_OTHER; of what is open. */
int file_facts_of_name(const char *path, struct file_facts *ret);
int file_facts_of_entry(const char *path, struct file_facts *ret);
int file_facts_of_open(int fd, struct file_facts *ret);

/* Whether there is anything by that name. */
int file_is_there(const char *path);

/* For reading; not inherited by other programs. Without `may_wait` a pipe without a writer is opened at once. Returns a descriptor,
 * for stream_read() and stream_close(). */
int file_open(const char *path, int may_wait);
/* As stream_read(), from `offset` on. */
int64_t file_read_at(int fd, void *bytes, size_t length, uint64_t offset);
/* As fopen(path, "r") and fopen(path, "w"), the same way. */
FILE *file_stream_read(const char *path);
FILE *file_stream_write(const char *path);
/* Write what is in memory of it to the disk, as far as that can be done. */
void file_write_back(const char *path);
/* All of it, read-only, for as long as the process lives. */
void *file_map(int fd, uint64_t size);

/* Call `each` for each name in a directory but "." and "..", until it returns less than 0, having set errno. A symbolic link is no
 * directory unless `follow`. Returns 0 if all were met. */
typedef int directory_entry(void *context, const char *name);
int directory_each(const char *path, int follow, directory_entry *each, void *context);

/* The directory that a name is in, to be freed; NULL: no memory. And the name in it, a part of `path`. */
char *path_directory(const char *path);
const char *path_last(const char *path);
/* Whether `directory` ends in what divides names, or nothing may stand between it and a name in it. */
int path_ends_in_divider(const char *directory);

#endif
