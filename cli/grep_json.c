/* Written by hand, since there may be millions: names and lines are all that needs escapes. A byte that is not part of UTF-8
 * becomes U+FFFD, and the line is then given once more, in base64. */
#include "grep_json.h"

#include <string.h>

#include "json_bulk.h"

struct list {
  struct bulk_output *out;
  const char *mark; /* before the next one */
};

static int put_matches(void *context, const tome_hit *matches, size_t count) {
  struct list *list = context;
  for (size_t i = 0; i < count; i++) {
    bulk_put_text(list->out, list->mark);
    list->mark = ",";
    bulk_put_text(list->out, "{\"start\":");
    bulk_put_number(list->out, matches[i].offset);
    bulk_put_text(list->out, ",\"end\":");
    bulk_put_number(list->out, matches[i].offset + matches[i].length);
    bulk_put_byte(list->out, '}');
  }
  return 0;
}

static int put_list(const struct grep_printer *printer, const struct grep_line *line,
                    int has_matches) {
  struct list list = {printer->out, ""};
  tome_search_options options = TOME_SEARCH_INIT;
  options.found = put_matches;
  options.context = &list;
  int code = 0;
  bulk_put_text(printer->out, ",\"matches\":[");
  if (has_matches)
    code = tome_search_memory(line->data, line->length, printer->request->parts, &options, NULL);
  bulk_put_byte(printer->out, ']');
  return code < 0 ? code : 0;
}

int grep_json_print(const struct grep_printer *printer, const struct grep_line *line,
                    int has_matches) {
  struct bulk_output *out = printer->out;
  bulk_put_text(out, "{\"file\":");
  json_bulk_string(out, printer->name, strlen(printer->name));
  if (printer->request->numbers) {
    bulk_put_text(out, ",\"line\":");
    bulk_put_number(out, line->number);
  }
  bulk_put_text(out, ",\"offset\":");
  bulk_put_number(out, line->offset);
  if (!line->selected)
    bulk_put_text(out, ",\"context\":true");
  bulk_put_text(out, ",\"text\":");
  if (!json_bulk_string(out, line->data, line->length)) {
    bulk_put_text(out, ",\"bytes\":");
    bulk_put_byte(out, '"');
    json_bulk_base64(out, line->data, line->length);
    bulk_put_byte(out, '"');
  }
  int code = put_list(printer, line, has_matches);
  bulk_put_text(out, "}\n");
  return code;
}
