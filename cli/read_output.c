/* In JSON the bytes are "text" where all of them are UTF-8, as those of a log are, and else "bytes", in base64. What comes in
 * several parts is not looked through for that, and always in base64. */
#include "read_output.h"

#include <stdio.h>

#include "complain.h"
#include "json_bulk.h"
#include "standard_output.h"
#include "streams.h"
#include "utf8_text.h"
#include "verb.h"

int read_output_begin(struct read_output *out, enum read_format format) {
  *out = (struct read_output){.format = format, .colour = stream_is_terminal(STREAM_OUT)};
  if (format == READ_HEX || bulk_begin(&out->bulk) == 0)
    return 0;
  complain("read", "out of memory");
  return STATUS_ERROR;
}

void read_output_open(struct read_output *out, uint64_t offset, uint64_t length) {
  out->length = length;
  out->done = 0;
  if (out->format == READ_HEX)
    hex_dump_begin(&out->dump, offset, offset + length, out->colour);
  if (out->format != READ_JSON)
    return;
  bulk_put_text(&out->bulk, "{\"offset\":");
  bulk_put_number(&out->bulk, offset);
  bulk_put_text(&out->bulk, ",\"length\":");
  bulk_put_number(&out->bulk, length);
}

static void add_json(struct read_output *out, const void *bytes, size_t length) {
  int is_whole = out->done == 0 && length == out->length;
  if (is_whole && utf8_is_text(bytes, length)) {
    bulk_put_text(&out->bulk, ",\"text\":");
    json_bulk_string(&out->bulk, bytes, length);
    return;
  }
  if (out->done == 0)
    bulk_put_text(&out->bulk, ",\"bytes\":\"");
  json_bulk_base64(&out->bulk, bytes, length);
  out->close = "\"";
}

void read_output_add(struct read_output *out, const void *bytes, size_t length) {
  if (out->format == READ_HEX)
    hex_dump_add(&out->dump, bytes, length);
  else if (out->format == READ_RAW)
    bulk_put(&out->bulk, bytes, length);
  else
    add_json(out, bytes, length);
  out->done += length;
}

static void put_error(struct bulk_output *bulk, const char *error, uint64_t offset) {
  bulk_put_text(bulk, ",\"error\":");
  json_bulk_string(bulk, error, strlen(error));
  bulk_put_text(bulk, ",\"error_offset\":");
  bulk_put_number(bulk, offset);
}

static void close_json(struct read_output *out, const char *error, uint64_t error_offset) {
  if (out->close)
    bulk_put_text(&out->bulk, out->close);
  else if (out->length == 0)
    bulk_put_text(&out->bulk, ",\"text\":\"\"");
  out->close = NULL;
  if (error)
    put_error(&out->bulk, error, error_offset);
  bulk_put_text(&out->bulk, "}\n");
}

void read_output_close(struct read_output *out, const char *error, uint64_t error_offset) {
  if (out->format == READ_HEX)
    hex_dump_end(&out->dump);
  else if (out->format == READ_JSON)
    close_json(out, error, error_offset);
}

void read_output_outside(struct read_output *out, struct position start) {
  if (out->format != READ_JSON)
    return;
  bulk_put_text(&out->bulk, start.from_end ? "{\"offset\":-" : "{\"offset\":");
  bulk_put_number(&out->bulk, start.value);
  bulk_put_text(&out->bulk, ",\"error\":\"outside the file\"}\n");
}

int read_output_flush(struct read_output *out) {
  if (out->format == READ_HEX)
    fflush(stdout);
  else
    bulk_flush(&out->bulk);
  return standard_output_ok() ? STATUS_OK : STATUS_ERROR;
}

void read_output_end(struct read_output *out) {
  if (out->format != READ_HEX)
    bulk_end(&out->bulk);
}
