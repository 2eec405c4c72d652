# What every toolchain here ends with: the libraries of the target are those in TOME_TARGET_PREFIX, never this machine's own.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TOME_TARGET_PREFIX)
set(ENV{PKG_CONFIG_LIBDIR} "${TOME_TARGET_PREFIX}/lib/pkgconfig")
list(APPEND CMAKE_FIND_ROOT_PATH "${TOME_TARGET_PREFIX}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# Pages of so many bytes, larger than this machine's, where qemu runs the programs.
if(TOME_PAGE_SIZE)
  list(APPEND CMAKE_CROSSCOMPILING_EMULATOR -p ${TOME_PAGE_SIZE})
endif()
