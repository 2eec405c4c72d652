/* Kinds of bytes that keys are read by; ASCII, whatever the locale. */
#ifndef TOME_KEY_BYTES_H
#define TOME_KEY_BYTES_H

static inline int tome__is_digit(unsigned char byte) {
  return byte >= '0' && byte <= '9';
}

static inline int tome__is_letter(unsigned char byte) {
  return (byte | 32) >= 'a' && (byte | 32) <= 'z';
}

static inline int tome__is_blank(unsigned char byte) {
  return byte == ' ' || byte == '\t';
}

#endif
