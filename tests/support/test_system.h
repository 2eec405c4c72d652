/* What the tests ask of a system, by its plainest calls and never by the library's: files by their paths, and figures of this
 * process. One test_system_….c per kind of system. */
#ifndef TEST_SYSTEM_H
#define TEST_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

/* ---- files, by path ---- */

/** Make an empty folder for a test, and write its path there; 0, or -1 after telling why not. */
int make_test_folder(char *ret_path, size_t room);
/** Remove it and all that is in it; 0, or -1 after telling why not. */
int remove_test_folder(const char *path);

uint64_t file_length(const char *path);
/** Bytes on the disk. */
uint64_t file_allocated(const char *path);
/** When it was changed last, in any way, in nanoseconds since 1970. */
uint64_t file_changed(const char *path);
/** What tells it from all other files, as docs/line-index.md has it. */
void file_identity(const char *path, uint64_t ret_words[4]);
int file_exists(const char *path);
/** Make a file of these bytes, in place of any that is there. */
void write_file(const char *path, const void *bytes, size_t length);
/** Cut the file, or make it longer; with a hole where the system has them. */
void set_file_length(const char *path, uint64_t length);
/** The same; 0 if the system refuses because the file is mapped. */
int try_file_length(const char *path, uint64_t length);
/** Overwrite bytes of the file; what lies past its end grows it. */
void write_into(const char *path, uint64_t offset, const void *bytes, size_t length);
/** Read at most so many bytes; fewer at the end of the file. */
size_t read_from(const char *path, uint64_t offset, void *buffer, size_t length);
void append_to(const char *path, const void *bytes, size_t length);
void remove_file(const char *path);
/** Give a file another name, in place of the file that has it. */
void move_file(const char *from, const char *to);
/** Whether the file that has it may be open meanwhile. */
int replaces_open_files(void);
void make_folder(const char *path);
/** Write a file back and have the system let go of it, as far as it does. */
void drop_from_memory(const char *path);
/** Whether it lies on a file system that keeps all in memory, where looking at a hole fills it. */
int is_kept_in_memory(const char *path);

/** Whether a store through a mapping is a change that file_changed() tells. */
int dates_mapped_stores(const char *path);

/** As memmem(3): in linear time, and never by the library. */
const void *find_bytes(const void *haystack, size_t haystack_length, const void *needle,
                       size_t needle_length);

/* ---- this process ---- */

/** Bytes of a page. */
size_t system_page(void);
/** Address space that cannot be touched. */
void forbid_memory(void *address, size_t length);
/** Memory of whole pages, zeroed; and its release. */
void *new_pages(size_t length);
void free_pages(void *address, size_t length);

void pause_for(uint64_t microseconds);
/** Set or remove (NULL) a variable of the environment. */
void set_environment(const char *name, const char *value);

/** Open descriptors or handles, mappings in whose name `part_of_line` occurs, and bytes of address space in use. */
unsigned count_descriptors(void);
unsigned count_mappings(const char *part_of_line);
uint64_t address_space(void);
/** Who is called for lost pages; 0 where a system does not tell. */
uintptr_t fault_handler_now(void);

#endif
