/* Bytes of a fuzzer read as a program: any string of bytes is one, and where it ends there are zeros. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

typedef struct fuzz_input {
  const uint8_t *at, *end;
} fuzz_input;

static inline unsigned take_byte(fuzz_input *in) {
  return in->at < in->end ? *in->at++ : 0;
}

/** What a fuzzer calls, also afl-clang-fast's; replay_corpus.c calls it without one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
