/* Starting and joining threads. Who does what is the business of those who work. */
#include "crew.h"

unsigned tome__crew_size(uint32_t wanted, uint64_t pieces) {
  unsigned most = wanted ? wanted : tome__os_processors();
  most = most < CREW_MOST ? most : CREW_MOST;
  return pieces > most ? most : pieces > 1 ? (unsigned)pieces : 1;
}

void tome__crew_start(crew *c, unsigned count, void (*body)(void *context), void *context) {
  c->count = 0;
  while (c->count < count && c->count < CREW_MOST &&
         tome__os_thread_start(&c->threads[c->count], body, context) == 0)
    c->count++;
}

void tome__crew_join(crew *c) {
  while (c->count > 0)
    tome__os_thread_join(c->threads[--c->count]);
}
