#include "local_time_model.h"

#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000000000)

void must_be_local_time_for_a_year(void) {
  for (time_t t = 1767225600 - 86400; t < 1767225600 + 370 * 86400; t += 1200) {
    struct tm clock, again;
    char text[32], back[32];
    int64_t got;
    clock = *localtime(&t);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &clock);
    note("%s", text);
    must_return(tome_time_parse(text, strlen(text), TOME_ZONE_LOCAL, TOME_TIME_UNKNOWN, &got), 1);
    time_t found = (time_t)(got / SECOND);
    again = *localtime(&found);
    strftime(back, sizeof back, "%Y-%m-%d %H:%M:%S", &again);
    must_be_bytes(back, text, strlen(text));
    must(found <= t && (found == t || clock.tm_isdst != again.tm_isdst));
  }
}
