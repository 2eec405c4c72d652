/* GREP_COLORS is NAME=NUMBERS:NAME=NUMBERS:rv... It is read up to what is not of that kind. */
#include "grep_color.h"

#include <stdio.h>
#include <string.h>

static const struct grep_colors usual = {.selected_match = "01;31",
                                         .context_match = "01;31",
                                         .name = "35",
                                         .number = "32",
                                         .offset = "32",
                                         .separator = "36"};

static void set(char *color, const char *value, size_t length) {
  snprintf(color, sizeof usual.name, "%.*s", (int)length, value);
}

static void set_named(struct grep_colors *colors, const char *name, const char *value,
                      size_t length) {
  const struct {
    const char *name;
    char *color, *second;
  } all[] = {{"mt=", colors->selected_match, colors->context_match},
             {"ms=", colors->selected_match, NULL},
             {"mc=", colors->context_match, NULL},
             {"sl=", colors->selected_line, NULL},
             {"cx=", colors->context_line, NULL},
             {"fn=", colors->name, NULL},
             {"ln=", colors->number, NULL},
             {"bn=", colors->offset, NULL},
             {"se=", colors->separator, NULL}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (strncmp(name, all[i].name, 3) == 0) {
      set(all[i].color, value, length);
      if (all[i].second)
        set(all[i].second, value, length);
    }
}

void grep_colors_begin(struct grep_colors *colors, const char *text) {
  *colors = usual;
  while (text && *text) {
    size_t length = strcspn(text, ":");
    if (length >= 3 && text[2] == '=') {
      size_t digits = strspn(text + 3, "0123456789;");
      if (digits != length - 3)
        return;
      set_named(colors, text, text + 3, digits);
    } else if (length == 2 && strncmp(text, "rv", 2) == 0) {
      colors->reversed = 1;
    }
    text += length + (text[length] == ':');
  }
}

void grep_color_on(struct bulk_output *out, const char *color) {
  if (!*color)
    return;
  bulk_put(out, "\33[", 2);
  bulk_put_text(out, color);
  bulk_put(out, "m\33[K", 4);
}

void grep_color_off(struct bulk_output *out, const char *color) {
  if (*color)
    bulk_put(out, "\33[m\33[K", 6);
}
