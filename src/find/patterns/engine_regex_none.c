/* Regular expressions, in a library that was built without PCRE2. */
#include "pattern_state.h"

int tome__regex_begin(tome_pattern *p, const tome_needle *needles, size_t count) {
  (void)p, (void)needles, (void)count;
  return tome__pattern_failure(
      TOME_ENOTSUP, "built without regular expressions: cmake -DTOME_REGEX=ON (PCRE2)", 0, 0);
}
