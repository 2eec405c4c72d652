/* Files are looked at ten times a second: what Windows tells of changes comes no earlier, as it writes sizes into directories only
 * when files are closed. */
#include <io.h>
#include <stdlib.h>
#include <windows.h>

#include "ntdll_calls.h"
#include "streams.h"
#include "tail_watch.h"
#include "verb.h"

#define LOOK_AFTER 100 /* ms */

void tail_watch_wait(int watch, int milliseconds, tail_watch_tell *tell, void *context) {
  HANDLE output = (HANDLE)_get_osfhandle(STREAM_OUT);
  (void)watch;
  for (int left = milliseconds; left > 0; left -= LOOK_AFTER) {
    if (ntdll_is_broken_pipe(output))
      exit(STATUS_READER_GONE);
    Sleep((DWORD)(left < LOOK_AFTER ? left : LOOK_AFTER));
    if (tell)
      break;
  }
  if (tell)
    tell(context, TAIL_WATCH_NONE, NULL);
}
