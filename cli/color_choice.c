#include "color_choice.h"

#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "terminal.h"

int color_choice_read(const struct arguments *args, const char *word, enum color_choice *ret) {
  static const struct {
    const char *word;
    enum color_choice choice;
  } words[] = {{"always", COLOR_ALWAYS}, {"yes", COLOR_ALWAYS}, {"force", COLOR_ALWAYS},
               {"never", COLOR_NEVER},   {"no", COLOR_NEVER},   {"none", COLOR_NEVER},
               {"auto", COLOR_AUTO},     {"tty", COLOR_AUTO},   {"if-tty", COLOR_AUTO}};
  if (!word)
    word = "auto";
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (strcmp(word, words[i].word) == 0) {
      *ret = words[i].choice;
      return STATUS_OK;
    }
  return arguments_refuse(args, "--color is always, never or auto, not \"%s\"", word);
}

int color_wanted(enum color_choice choice) {
  const char *unwanted = getenv("NO_COLOR");
  if (choice != COLOR_AUTO)
    return choice == COLOR_ALWAYS;
  return terminal_takes_escapes() && !(unwanted && *unwanted);
}
