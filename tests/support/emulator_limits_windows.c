/* Most of this is not in question where the programs of a system run on it, or on what is made to be like it. */
#include "emulator_limits.h"

#include "test_support.h"

#include <stdlib.h>
#include <windows.h>

#include <psapi.h>

int pages_are_whole(void) {
  return 1;
}

int last_pages_are_whole(void) {
  return 1;
}

size_t page_of_files(void) {
  return PAGE;
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

/* Wine's sections are files, of which Linux may map larger pieces. */
int maps_single_pages(void) {
  enum { PAGES = 4096 };
  PSAPI_WORKING_SET_EX_INFORMATION *pages = calloc(PAGES, sizeof *pages);
  HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                                      (DWORD)(PAGES * PAGE), NULL);
  unsigned char *memory = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
  must(pages != NULL && memory != NULL);
  for (size_t i = 0; i < PAGES; i++) {
    pages[i].VirtualAddress = memory + i * PAGE;
    if (i % 2 == 0)
      ((volatile unsigned char *)memory)[i * PAGE] = 1;
  }
  must(K32QueryWorkingSetEx(GetCurrentProcess(), pages, (DWORD)(PAGES * sizeof *pages)));
  int single = 1;
  for (size_t i = 1; i < PAGES; i += 2)
    single &= !pages[i].VirtualAttributes.Valid;
  must(UnmapViewOfFile(memory));
  must(CloseHandle(section));
  free(pages);
  return single;
}

int replaces_views_at_once(void) {
  return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") == NULL;
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

int masks_signals_as_told(void) {
  return 1;
}
