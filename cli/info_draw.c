/* A block of which some is in memory is drawn as a gauge, or as a digit where there is only ASCII. */
#include "info_draw.h"

#include "shown_name.h"

struct look {
  const char *color; /* the numbers between ESC [ and m */
  const char *unicode, *ascii, *meaning;
};

static const struct look looks[INFO_STATES] = {
    [INFO_HOLE] = {"2", "\u00b7", "-", "hole"},
    [INFO_ABSENT] = {"2", "\u2591", ".", "not in memory"},
    [INFO_PART] = {"36", "\u2584", "1-9", "in part"},
    [INFO_WHOLE] = {"36", "\u2588", "#", "in memory"},
    [INFO_DIRTY] = {"31", "\u259a", "D", "dirty"},
    [INFO_UNKNOWN] = {"2", "?", "?", "unknown"},
};

static const enum info_state in_legend[] = {INFO_WHOLE, INFO_PART, INFO_ABSENT, INFO_HOLE,
                                            INFO_DIRTY};

static const char *character(const struct screen *screen, const struct info_block *block,
                             enum info_state state) {
  static const char *const gauges[] = {"",       "\u2581", "\u2582", "\u2583",
                                       "\u2584", "\u2585", "\u2586", "\u2587"};
  static const char *const digits[] = {"", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  if (state != INFO_PART)
    return screen->unicode ? looks[state].unicode : looks[state].ascii;
  return screen->unicode ? gauges[info_block_level(block, 8)] : digits[info_block_level(block, 10)];
}

static void color_on(FILE *out, const struct screen *screen, const char *color) {
  if (screen->colored)
    fprintf(out, "\033[%sm", color);
}

static void color_off(FILE *out, const struct screen *screen) {
  if (screen->colored)
    fputs("\033[0m", out);
}

void info_draw_blocks(FILE *out, const struct screen *screen, const struct info_block *blocks,
                      size_t count) {
  const char *color = NULL;
  for (size_t i = 0; i < count; i++) {
    enum info_state state = info_block_state(&blocks[i]);
    if (looks[state].color != color) {
      if (color)
        color_off(out, screen);
      color = looks[state].color;
      color_on(out, screen, color);
    }
    fputs(character(screen, &blocks[i], state), out);
  }
  if (color)
    color_off(out, screen);
}

static void draw_meaning(FILE *out, const struct screen *screen, const struct look *look) {
  color_on(out, screen, look->color);
  fputs(screen->unicode ? look->unicode : look->ascii, out);
  color_off(out, screen);
  fprintf(out, " %s", look->meaning);
}

void info_draw_legend(FILE *out, const struct screen *screen, int unknown) {
  for (size_t i = 0; i < sizeof in_legend / sizeof in_legend[0]; i++) {
    fputs("  ", out);
    draw_meaning(out, screen, &looks[in_legend[i]]);
  }
  if (unknown) {
    fputs("  ", out);
    draw_meaning(out, screen, &looks[INFO_UNKNOWN]);
  }
}

void info_draw_name(FILE *out, const struct screen *screen, const char *name) {
  if (screen->is_terminal)
    shown_name_quote(out, name);
  else
    fputs(name, out);
}
