/* Tome: memory-mapped files without the traps. All of the public interface.
 *
 *     #include <tome/tome.h>
 *
 *     tome *map;
 *     uint64_t at;
 *     if (tome_open(&map, "app.log", TOME_READ, NULL) < 0)
 *       return complain(tome_error_last());
 *     if (tome_find(map, "ERROR", 5, 0, TOME_END, &at) == 1)
 *       printf("at byte %" PRIu64 " of %" PRIu64 "\n", at, tome_size(map));
 *     tome_close(map); */
#ifndef TOME_TOME_H
#define TOME_TOME_H

#include <tome/access.h>
#include <tome/base.h>
#include <tome/bisect.h>
#include <tome/error.h>
#include <tome/find.h>
#include <tome/flush.h>
#include <tome/gather.h>
#include <tome/guard.h>
#include <tome/info.h>
#include <tome/lines.h>
#include <tome/map.h>
#include <tome/pattern.h>
#include <tome/residency.h>
#include <tome/search.h>
#include <tome/stats.h>
#include <tome/view.h>

#endif
