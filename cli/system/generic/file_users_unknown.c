/* Nothing tells. */
#include "file_users.h"

void file_users(const struct file_identity *file, char *text) {
  (void)file;
  text[0] = '\0';
}
