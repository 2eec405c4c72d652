/* Maps in the child of a fork: a thread of the parent may be in the middle of a call on them, and will not be there to give back
 * its locks.
 *
 * So a fork waits until it has the lock of every map, which is held for moments, or while a file grows. The other two are held while a disk
 * is waited for, and made anew in the child: nothing is half done under flush_lock, and a child has nothing locked in memory. */
#include "forked.h"

#include "os.h"

static os_mutex maps_lock = OS_MUTEX_INITIALIZER;
static tome *maps;    /* under the lock */
static int is_called; /* under the lock: of each fork we are told */

static void before_fork(void) {
  tome__os_mutex_lock(&maps_lock);
  for (tome *map = maps; map; map = map->next_map)
    tome__os_mutex_lock(&map->lock);
}

static void give_back(void) {
  for (tome *map = maps; map; map = map->next_map)
    tome__os_mutex_unlock(&map->lock);
  tome__os_mutex_unlock(&maps_lock);
}

static void in_child(void) {
  for (tome *map = maps; map; map = map->next_map) {
    tome__os_mutex_init(&map->flush_lock);
    tome__os_mutex_init(&map->locking);
    map->locked = NULL;
  }
  give_back();
}

int tome__fork_watch(tome *map) {
  tome__os_mutex_lock(&maps_lock);
  int r = is_called ? 0 : tome__os_at_fork(before_fork, give_back, in_child);
  is_called |= r == 0;
  if (r == 0) {
    map->next_map = maps;
    map->is_watched = 1;
    maps = map;
  }
  tome__os_mutex_unlock(&maps_lock);
  return r;
}

void tome__fork_unwatch(tome *map) {
  if (!map->is_watched)
    return;
  tome__os_mutex_lock(&maps_lock);
  tome **at = &maps;
  while (*at != map)
    at = &(*at)->next_map;
  *at = map->next_map;
  map->is_watched = 0;
  tome__os_mutex_unlock(&maps_lock);
}
