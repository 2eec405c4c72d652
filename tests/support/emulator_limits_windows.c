/* Nothing of this is in question where the programs of a system run on it, or on what is made to be like it. */
#include "emulator_limits.h"

int pages_are_whole(void) {
  return 1;
}

int writes_at_end(void) {
  return 1;
}

int locks_on_fault(void) {
  return 1;
}

int follows_advice(void) {
  return 1;
}

int tells_own_pages(void) {
  return 1;
}

int lets_handlers_jump(void) {
  return 1;
}

int keeps_address_limit(void) {
  return 1;
}

int starts_itself(void) {
  return 1;
}

int sends_any_signal(void) {
  return 1;
}
