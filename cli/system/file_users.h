/* Which processes have a file mapped. */
#ifndef TOME_CLI_FILE_USERS_H
#define TOME_CLI_FILE_USERS_H

#include "files.h"

#define FILE_USERS_MAX 128

/* Write "4711 (name), 4712 (name)": other processes that have it mapped, as far as this user is told, the first few of them;
 * "" if there is none. `text` has room for FILE_USERS_MAX. */
void file_users(const struct file_identity *file, char *text);

#endif
