/* Reading and writing the bytes of an index of lines. Nothing here knows files. */
#include "line_index_image.h"

#include <string.h>

static const unsigned char magic[8] = {'t', 'o', 'm', 'e', 'L', 'I', 'N', '1'};

/* Where things are in the header. */
enum {
  AT_END = 8,
  AT_UNENDED = 12,
  AT_IDENTITY = 16,
  AT_ORIGIN = 48,
  AT_COVERED = 56,
  AT_CHANGED = 64,
  AT_FINGERPRINT = 72,
  AT_ENDS = 80,
  AT_COUNTS = 8, /* in a block */
  AT_CHECKSUM = 4088
};

static void put32(unsigned char *bytes, uint32_t value) {
  for (int i = 0; i < 4; i++)
    bytes[i] = (unsigned char)(value >> 8 * i);
}

static void put64(unsigned char *bytes, uint64_t value) {
  for (int i = 0; i < 8; i++)
    bytes[i] = (unsigned char)(value >> 8 * i);
}

static uint32_t get32(const unsigned char *bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++)
    value |= (uint32_t)bytes[i] << 8 * i;
  return value;
}

static uint64_t get64(const unsigned char *bytes) {
  return get32(bytes) | (uint64_t)get32(bytes + 4) << 32;
}

/* ---- sizes ---- */

uint64_t tome__index_stretches(uint64_t covered) {
  return covered / LINE_STRETCH + (covered % LINE_STRETCH != 0);
}

uint64_t tome__index_blocks(uint64_t covered) {
  uint64_t stretches = tome__index_stretches(covered);
  return stretches / INDEX_COUNTS + (stretches % INDEX_COUNTS != 0);
}

uint64_t tome__index_size(uint64_t covered) {
  return (1 + tome__index_blocks(covered)) * INDEX_BLOCK;
}

/* ---- checksums ---- */

/* Every step can be undone, so no change of a single word goes unseen; the shift brings high bits down, so that changes of
 * two do not cancel each other. The factor is 2^64 divided by the golden ratio. */
uint64_t tome__index_checksum(uint64_t sum, const unsigned char *bytes, size_t length) {
  for (size_t i = 0; i < length; i += 8) {
    sum = (sum ^ get64(bytes + i)) * UINT64_C(0x9E3779B97F4A7C15);
    sum ^= sum >> 29;
  }
  return sum;
}

/* The header is number 0, block n number n + 1: none is taken for another. */
static uint64_t checksum_of(const unsigned char *bytes, uint64_t number) {
  return tome__index_checksum(number + 1, bytes, AT_CHECKSUM);
}

static int is_whole(const unsigned char *bytes, uint64_t number) {
  return get64(bytes + AT_CHECKSUM) == checksum_of(bytes, number);
}

/* ---- the header ---- */

void tome__index_header_write(unsigned char *bytes, const index_header *header) {
  memset(bytes, 0, INDEX_BLOCK);
  memcpy(bytes, magic, sizeof magic);
  bytes[AT_END] = header->end;
  bytes[AT_UNENDED] = header->unended;
  for (size_t i = 0; i < 4; i++)
    put64(bytes + AT_IDENTITY + 8 * i, header->identity.words[i]);
  put64(bytes + AT_ORIGIN, header->origin);
  put64(bytes + AT_COVERED, header->covered);
  put64(bytes + AT_CHANGED, header->changed);
  put64(bytes + AT_FINGERPRINT, header->fingerprint);
  put64(bytes + AT_ENDS, header->ends);
  put64(bytes + AT_CHECKSUM, checksum_of(bytes, 0));
}

/* No more ends than bytes, and the last line has an end if all bytes are ends. */
static int makes_sense(const index_header *header) {
  if (header->unended > 1 || (header->end != '\n' && header->end != '\0'))
    return 0;
  return header->ends <= header->covered && header->unended <= header->covered - header->ends;
}

int tome__index_header_read(const unsigned char *bytes, index_header *ret_header) {
  if (memcmp(bytes, magic, sizeof magic) != 0 || !is_whole(bytes, 0))
    return 0;
  index_header header = {.origin = get64(bytes + AT_ORIGIN),
                         .covered = get64(bytes + AT_COVERED),
                         .changed = get64(bytes + AT_CHANGED),
                         .fingerprint = get64(bytes + AT_FINGERPRINT),
                         .ends = get64(bytes + AT_ENDS),
                         .end = bytes[AT_END],
                         .unended = bytes[AT_UNENDED]};
  for (size_t i = 0; i < 4; i++)
    header.identity.words[i] = get64(bytes + AT_IDENTITY + 8 * i);
  if (!makes_sense(&header))
    return 0;
  *ret_header = header;
  return 1;
}

/* ---- blocks ---- */

uint64_t tome__index_block_write(unsigned char *bytes, uint64_t number, uint64_t base,
                                 const uint32_t *counts, size_t count) {
  uint64_t sum = 0;
  memset(bytes, 0, INDEX_BLOCK);
  put64(bytes, base);
  for (size_t i = 0; i < count; i++) {
    put32(bytes + AT_COUNTS + 4 * i, counts[i]);
    sum += counts[i];
  }
  put64(bytes + AT_CHECKSUM, checksum_of(bytes, number + 1));
  return sum;
}

uint32_t tome__index_count(const index_block *block, size_t i) {
  return get32(block->counts + 4 * i);
}

int tome__index_block_read(const unsigned char *bytes, uint64_t number, index_block *ret_block) {
  if (!is_whole(bytes, number + 1))
    return 0;
  index_block block = {.base = get64(bytes), .counts = bytes + AT_COUNTS};
  for (size_t i = 0; i < INDEX_COUNTS; i++)
    block.sum += tome__index_count(&block, i);
  if (block.sum > UINT64_MAX - block.base)
    return 0;
  *ret_block = block;
  return 1;
}
