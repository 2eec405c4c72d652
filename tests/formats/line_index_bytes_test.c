/* The bytes of an index of lines, by numbers whose every byte is another one. They were computed by a program of another language
 * from docs/line-index.md. */
#include "line_index_image.h"
#include "test_support.h"

#include <string.h>

/* A stretch of a block that is not zero. */
typedef struct stretch {
  size_t at;
  const char *bytes;
  size_t length;
} stretch;

static void must_be_stretches(const unsigned char *got, const stretch *stretches, size_t count) {
  unsigned char want[INDEX_BLOCK] = {0};
  for (size_t i = 0; i < count; i++)
    memcpy(want + stretches[i].at, stretches[i].bytes, stretches[i].length);
  must_be_bytes(got, want, sizeof want);
}

static const stretch header_bytes[] = {
    {0, "tomeLIN1\n", 9},
    {12, "\x01", 1},
    {16, "\x08\x07\x06\x05\x04\x03\x02\x01", 8},
    {24, "\x18\x17\x16\x15\x14\x13\x12\x11", 8},
    {32, "\x28\x27\x26\x25\x24\x23\x22\x21", 8},
    {40, "\x38\x37\x36\x35\x34\x33\x32\x31", 8},
    {48, "\x48\x47\x46\x45\x44\x43\x42\x41", 8},
    {56, "\x58\x57\x56\x55\x54\x53\x52\x51", 8},
    {64, "\x68\x67\x66\x65\x64\x63\x62\x61", 8},
    {72, "\x78\x77\x76\x75\x74\x73\x72\x71", 8},
    {80, "\x48\x47\x46\x45\x44\x43\x42\x40", 8},
    {4088, "\x87\xD1\xA9\xBB\x7A\x63\xEA\xCC", 8},
};
#define HEADER_STRETCHES (sizeof header_bytes / sizeof header_bytes[0])

static const index_header header_numbers = {
    .identity = {{0x0102030405060708, 0x1112131415161718, 0x2122232425262728, 0x3132333435363738}},
    .origin = 0x4142434445464748,
    .covered = 0x5152535455565758,
    .changed = 0x6162636465666768,
    .fingerprint = 0x7172737475767778,
    .ends = 0x4042434445464748,
    .end = '\n',
    .unended = 1,
};

static void a_header_is_these_bytes(void **state) {
  (void)state;
  unsigned char bytes[INDEX_BLOCK];
  memset(bytes, 0x55, sizeof bytes);
  tome__index_header_write(bytes, &header_numbers);
  must_be_stretches(bytes, header_bytes, HEADER_STRETCHES);
}

static void these_bytes_are_that_header(void **state) {
  (void)state;
  unsigned char bytes[INDEX_BLOCK] = {0};
  index_header got;
  for (size_t i = 0; i < HEADER_STRETCHES; i++)
    memcpy(bytes + header_bytes[i].at, header_bytes[i].bytes, header_bytes[i].length);
  must(tome__index_header_read(bytes, &got));
  must_be_bytes(&got.identity, &header_numbers.identity, sizeof got.identity);
  must_equal(got.origin, header_numbers.origin);
  must_equal(got.covered, header_numbers.covered);
  must_equal(got.changed, header_numbers.changed);
  must_equal(got.fingerprint, header_numbers.fingerprint);
  must_equal(got.ends, header_numbers.ends);
  must_equal(got.end, '\n');
  must_equal(got.unended, 1);
}

/* Block 0x0A0B of an index: the last one, of three stretches. */
enum { BLOCK_NUMBER = 0x0A0B };
static const uint32_t counts[] = {0x00010203, 0x00011213, 0};
static const stretch block_bytes[] = {
    {0, "\x07\x06\x05\x04\x03\x02\x01\x00", 8},
    {8, "\x03\x02\x01\x00\x13\x12\x01\x00", 8},
    {4088, "\x6A\xAD\x1C\x16\x4C\xF1\x29\xC5", 8},
};

static void a_block_is_these_bytes(void **state) {
  (void)state;
  unsigned char bytes[INDEX_BLOCK];
  memset(bytes, 0x55, sizeof bytes);
  must_equal(tome__index_block_write(bytes, BLOCK_NUMBER, 0x0001020304050607, counts, 3),
             0x00021416);
  must_be_stretches(bytes, block_bytes, 3);
}

static void these_bytes_are_that_block(void **state) {
  (void)state;
  unsigned char bytes[INDEX_BLOCK] = {0};
  index_block got;
  for (size_t i = 0; i < 3; i++)
    memcpy(bytes + block_bytes[i].at, block_bytes[i].bytes, block_bytes[i].length);
  must(!tome__index_block_read(bytes, BLOCK_NUMBER + 1, &got));
  must(tome__index_block_read(bytes, BLOCK_NUMBER, &got));
  must_equal(got.base, 0x0001020304050607);
  must_equal(got.sum, 0x00021416);
  for (size_t i = 0; i < 3; i++)
    must_equal(tome__index_count(&got, i), counts[i]);
}

/* What the fingerprint of a text is made of. */
static void bytes_have_these_sums(void **state) {
  (void)state;
  must_equal(tome__index_checksum(0, (const unsigned char *)"\1\0\0\0\0\0\0\0", 8),
             UINT64_C(0x9E3779BD8EF1B1DE));
  must_equal(tome__index_checksum(UINT64_C(0x0123456789ABCDEF),
                                  (const unsigned char *)"abcdefghijklmnop", 16),
             UINT64_C(0x905C1CA91C3967D4));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_header_is_these_bytes), TEST(these_bytes_are_that_header),
      TEST(a_block_is_these_bytes),  TEST(these_bytes_are_that_block),
      TEST(bytes_have_these_sums),
  };
  return run_matching(tests, count, arguments);
}
